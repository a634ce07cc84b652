import { forkInstances, type Instance } from '@app/wasmedge-node';
import { type FunctionName, forkOptions, functionCommand } from './functions.js';

const READY_MARK = 'WFN1';

/** Where forks of a function come from. */
export async function forksOf(name: FunctionName) {
  return forkInstances(await functionCommand(name), forkOptions);
}

/** Waits until an instance says that it is ready for a request. */
export async function untilInstanceReady(instance: Instance): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const output = (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said === READY_MARK) resolve();
      else if (!READY_MARK.startsWith(said))
        reject(new Error(`the instance said "${said}" in place of ${READY_MARK}`));
    };
    instance.listen({ output, line: () => {} });
    void instance.gone.then(({ how }) => reject(new Error(`the instance ended before it was ready: ${how}`)));
  });
}

/** Ends an instance. */
export async function end(instance: Instance): Promise<void> {
  instance.kill();
  await instance.gone;
}
