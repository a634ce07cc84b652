import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { styleText } from 'node:util';
import {
  builtFunction,
  commandOf,
  type FunctionDescription,
  programOf,
  readFunctions,
} from '@app/function-manifest';
import {
  checkSandbox,
  type FunctionKind,
  findRuntime,
  forkInstances,
  isAotOn,
  type Runtime,
  verifyChecksums,
  verifyFunction,
} from '@app/wasmedge-node';
import getPort from 'get-port';
import { z } from 'zod';
import { toolchains } from './functions/builders/index.js';
import { functionStep } from './functions/steps.js';
import { readRunFile } from './launch/run-file.js';
import { parts, root, runtimeFolder } from './paths.js';
import { run } from './setup/command.js';
import { cpuInWords, cpuTarget } from './setup/cpu.js';
import { notTested } from './setup/dapr-version.js';
import { namedDaprd } from './setup/daprd.js';
import { applicationSteps, jaeger } from './setup/index.js';
import { madeProduct } from './setup/step.js';
import { describeTool, toolNames } from './setup/tools.js';
import { userEnvironment } from './user-environment.js';

/** Prints what there is and whether it works, one line each; the exit code is 1 if something is amiss. */
export async function examine(): Promise<void> {
  await tools();
  for (const step of await applicationSteps()) {
    await line(step.name, async () => {
      const what = await madeProduct(step, runtimeFolder);
      if (what === undefined)
        throw new Error('not made, damaged, or made from something else: run `npm run setup`');
      return what;
    });
  }
  for (const step of toolchains)
    await line(step.name, async () => {
      const what = await madeProduct(step, runtimeFolder);
      return what ?? 'not there: brought in with the first function that needs it';
    });
  await line(jaeger.name, async () => {
    const what = await madeProduct(jaeger, runtimeFolder);
    return what ?? 'not there: brought in with the first `npm start -- --traces`';
  });
  await wasmedge();
  await functions();
  await line('daprd version', dapr);
  await ports();
}

async function tools(): Promise<void> {
  await line('node', async () => `${process.version} at ${process.execPath}`);
  // None is needed once all is made.
  for (const name of toolNames) await line(name, () => describeTool(name));
}

async function dapr(): Promise<string> {
  const named = await namedDaprd();
  const version = (await run(named ?? parts.daprd, ['--version'])).trim();
  return `${version}${notTested(version)}${named === undefined ? '' : `, named by DAPRD: ${named}`}`;
}

async function wasmedge(): Promise<void> {
  const find = () => findRuntime(userEnvironment().WASMEDGE || parts.wasmedge, parts.plugins);
  await line('ahead-of-time code', async () => {
    if (!(await isAotOn(await find()))) throw new Error('off: WasmEdge interprets compiled code');
    return 'on';
  });
  await line('compiled for', async () => cpuInWords(await cpuTarget()));
  await line('plug-ins loaded', async () => (await find()).plugins.join(', ') || 'none');
}

/** A line each: its kind, its app, and that it is built and confined, or why not. */
async function functions(): Promise<void> {
  const { functions: described, problems } = await readFunctions();
  for (const each of described) await line(`function ${each.name}`, () => examineFunction(each));
  for (const problem of problems) await line(`function ${problem.function}`, () => Promise.reject(problem));
  for (const each of described.filter((each) => programOf(each) === 'classify'))
    await line(`model of ${each.name}`, () => model(foldersOf(each)['/model'] ?? ''));
}

async function examineFunction(described: FunctionDescription): Promise<string> {
  if ((await madeProduct(functionStep(described), runtimeFolder)) === undefined)
    throw new Error('not built, or from something else: run `npm run setup`, which says why');
  const runtime = await findRuntime(userEnvironment().WASMEDGE || parts.wasmedge, parts.plugins);
  const { compiled } = builtFunction(described.name);
  const { kind, cpu } = await verifyFunction(runtime, compiled, parts.plugins);
  const sandbox =
    userEnvironment().INSTANCE_KIND === 'process'
      ? "INSTANCE_KIND=process: the kernel's sandbox is missing"
      : await sandboxOf(described, kind, runtime);
  return `${kind}, app ${described.app}, compiled for this WasmEdge and ${cpu}, imports checked, ${sandbox}`;
}

/** Said of it before. */
const verified = async () => {};

/** Starts one fork with the plug-ins and the kernel that the services have; its processor time is an example. */
async function sandboxOf(
  described: FunctionDescription,
  kind: FunctionKind,
  runtime: Runtime,
): Promise<string> {
  const source = forkInstances(
    commandOf({ ...described, folders: foldersOf(described) }, { runtime, pluginFolder: parts.plugins }),
    {
      kind,
      verify: verified,
      cpuSeconds: 30,
      startTimeoutMs: 30_000,
      log: () => {},
    },
  );
  try {
    return await checkSandbox(source);
  } finally {
    await source.close();
  }
}

/** What it may read; MODEL_DIR is in place of the bundled model. */
function foldersOf({ name, folders }: FunctionDescription): Readonly<Record<string, string>> {
  const { MODEL_DIR } = userEnvironment();
  return name === 'classify' && MODEL_DIR ? { ...folders, '/model': MODEL_DIR } : folders;
}

const Manifest = z.object({ name: z.string(), licence: z.string().default('licence not stated') });

async function model(folder: string): Promise<string> {
  await verifyChecksums(folder);
  const { name, licence } = Manifest.parse(
    JSON.parse(await readFile(path.join(folder, 'model.json'), 'utf8')),
  );
  const labels = (await readFile(path.join(folder, 'labels.txt'), 'utf8')).trim().split('\n').length;
  return `${name}, ${labels} labels, ${licence}, at ${folder}`;
}

async function ports(): Promise<void> {
  for (const app of await readRunFile(path.join(root, 'dapr.yaml'))) {
    for (const port of [app.appPort, app.daprHTTPPort].filter((each) => each !== undefined)) {
      const isFree = (await getPort({ port })) === port;
      // Taken is as it should be while the application runs.
      await line(`port ${port}`, async () => `${isFree ? 'free' : 'taken'} (${app.appID})`);
    }
  }
}

async function line(name: string, find: () => Promise<string | undefined>): Promise<void> {
  try {
    print(name, (await find()) ?? '');
  } catch (error) {
    print(name, paint('red', error instanceof Error ? error.message : String(error)));
    process.exitCode = 1;
  }
}

function print(name: string, text: string): void {
  console.log(`${paint('bold', name.padEnd(24))} ${text}`);
}

function paint(style: 'bold' | 'red', text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}
