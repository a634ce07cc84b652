import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  builtFunction,
  defaultLimits,
  type FunctionDescription,
  readFunctions,
} from '@app/function-manifest';
import type { FunctionKind, Runtime } from '@app/wasmedge-node';
import { fromUser, parts } from '../../paths.js';
import { cpuTarget } from '../../setup/cpu.js';
import { SetupError } from '../../setup/errors.js';
import { setUpFunction } from '../../setup/index.js';

/** What is checked: a function, or a module that is none yet. */
export interface Subject {
  readonly name: string;
  readonly module: string;
  readonly compiled: string;
  readonly kind: FunctionKind;
  readonly runtime: Runtime;
  readonly limits: FunctionDescription['limits'];
  readonly requestsPerInstance: number;
  readonly folders: FunctionDescription['folders'];
  readonly env: FunctionDescription['env'];
  /** Folder of its cases, if it has one. */
  readonly cases: string | undefined;
  /** Removes what was made for the check. */
  readonly close: () => Promise<void>;
}

/**
 * Builds what is to be checked.
 *
 * @param named a function, or the path of a module, relative to where the user stands
 * @param out takes how far the build is
 * @throws SetupError, ImportsError, CompileError if it cannot be built, or imports what a function may not have
 */
export async function openSubject(named: string, out: NodeJS.WriteStream): Promise<Subject> {
  return named.endsWith('.wasm') ? openModule(fromUser(named), out) : openFunction(named, out);
}

async function openFunction(name: string, out: NodeJS.WriteStream): Promise<Subject> {
  const { functions, problems } = await readFunctions();
  const problem = problems.find((each) => each.function === name);
  if (problem !== undefined) throw problem;
  const described = functions.find((each) => each.name === name);
  if (described === undefined)
    throw new SetupError(
      `There is no function ${JSON.stringify(name)}; there are ${functions.map((each) => each.name).join(', ')}. A module is checked by its path, which ends in .wasm.`,
    );
  const [failure] = await setUpFunction(described, out);
  if (failure !== undefined) throw failure;
  return subjectOf(described);
}

/**
 * A function that is built.
 *
 * @throws CompileError, ImportsError if it is not, or not for this machine
 */
export async function subjectOf(described: FunctionDescription): Promise<Subject> {
  const { name } = described;
  const { findRuntime, verifyFunction } = await import('@app/wasmedge-node');
  const runtime = await findRuntime(parts.wasmedge, parts.plugins);
  const { module, compiled } = builtFunction(name);
  const { kind } = await verifyFunction(runtime, compiled, parts.plugins);
  const { limits, requestsPerInstance, folders, env } = described;
  const cases = path.join(described.folder, 'cases');
  return {
    ...{ name, module, compiled, kind, runtime, close: async () => {} },
    ...{ limits, requestsPerInstance, folders, env, cases },
  };
}

async function openModule(file: string, out: NodeJS.WriteStream): Promise<Subject> {
  const [failure] = await setUpFunction(undefined, out);
  if (failure !== undefined) throw failure;
  const { checkImports, compile, findRuntime, kindOf } = await import('@app/wasmedge-node');
  const bytes = await readFile(file).catch((cause: Error) => {
    throw new SetupError(`${file} cannot be read: ${cause.message}.`);
  });
  const kind = kindOf(await checkImports(bytes, file));
  const runtime = await findRuntime(parts.wasmedge, parts.plugins);
  const folder = await mkdtemp(path.join(tmpdir(), 'check-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const name = path.basename(file, '.wasm');
    const module = path.join(folder, `${name}.wasm`);
    await copyFile(file, module);
    await compile(runtime, module, { cpu: (await cpuTarget()).level });
    const compiled = path.join(folder, `${name}.so`);
    return {
      ...{ name, module, compiled, kind, runtime, close },
      ...{ limits: defaultLimits, requestsPerInstance: 1, folders: {}, env: {}, cases: undefined },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
