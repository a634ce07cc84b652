import { once } from 'node:events';
import { forkInstances, type Instance, processInstances } from '@dapr-wasmedge/wasmedge-node';
import { type FunctionName, forkOptions, functionCommand } from './functions.js';

const READY_MARK = 'WFN1';

/** Where forks of a function come from. */
export async function forksOf(name: FunctionName) {
  return forkInstances(await functionCommand(name), forkOptions);
}

/** Where processes of their own for a function come from. */
export async function processesOf(name: FunctionName) {
  return processInstances(await functionCommand(name));
}

/** Waits until an instance says that it is ready for a request. */
export async function untilInstanceReady(instance: Instance): Promise<void> {
  const ended = instance.gone.then(({ how }) => {
    throw new Error(`the instance ended before it was ready: ${how}`);
  });
  ended.catch(() => {}); // It ends some time; that matters only while this waits.
  for (;;) {
    const said: unknown = instance.output.read(READY_MARK.length);
    if (said !== null) {
      if (String(said) === READY_MARK) return;
      throw new Error(`the instance said "${said}" in place of ${READY_MARK}`);
    }
    await Promise.race([once(instance.output, 'readable'), ended]);
  }
}

/** Ends an instance. */
export async function end(instance: Instance): Promise<void> {
  instance.kill();
  instance.output.resume();
  await instance.gone;
}
