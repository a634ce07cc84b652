import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CPU_LEVELS,
  type Cpu,
  type CpuLevel,
  cpuLevel,
  highestLevel,
  lackingFor,
  thisCpu,
} from '@app/wasmedge-node/cpu';
import { parts, runtimeFolder } from '../paths.js';
import { SetupError } from './errors.js';

/** What code is compiled for unless somebody has chosen, by architecture: docs/decisions/cpu-levels.md. */
const DEFAULT_LEVELS: Readonly<Record<string, string>> = { x64: 'x86-64-v2', arm64: 'armv8-a' };

/** Compiled for all that this machine's processor offers. */
const NATIVE = 'native';

/** Where the choice is kept: one line. */
const CHOICE = path.join(runtimeFolder, 'cpu.txt');

/** What set-up compiles for. */
export interface CpuTarget {
  /** `undefined`: for this processor alone. */
  readonly level: CpuLevel | undefined;
  /** The level's name, or the processor's. */
  readonly name: string;
  /** Why that is not what was chosen, or the default. */
  readonly why?: string;
}

/**
 * Keeps what code is to be compiled for, from now on.
 *
 * @param name of a level, or `native`
 * @throws SetupError if there is no such level, or this processor does not have it
 */
export async function chooseCpu(name: string, cpu?: Cpu, file = CHOICE): Promise<void> {
  const here = cpu ?? (await thisCpu());
  const usable = [NATIVE, ...CPU_LEVELS.filter((level) => lackingFor(level, here).length === 0).map(nameOf)];
  if (!usable.includes(name)) {
    const level = cpuLevel(name);
    const problem =
      level === undefined
        ? 'there is no such level'
        : `this processor lacks ${lackingFor(level, here).join(', ')}`;
    throw new SetupError(`--cpu ${name}: ${problem}. What this machine can have is ${usable.join(', ')}.`);
  }
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${name}\n`);
}

/** Whether the WasmEdge in use can be told what to compile for. Before there is one, it is taken for one that can. */
function canBeTold(): boolean {
  return !existsSync(parts.wasmedge) || existsSync(parts.hostCpu);
}

/** What code is compiled for: what was chosen, or the default, as far as this machine and its WasmEdge can have it. */
export async function cpuTarget(cpu?: Cpu, file = CHOICE, isTold = canBeTold()): Promise<CpuTarget> {
  const here = cpu ?? (await thisCpu());
  const chosen = (await readFile(file, 'utf8').catch(() => '')).trim();
  const wanted = chosen || DEFAULT_LEVELS[here.arch];
  if (wanted === undefined || wanted === NATIVE) return { level: undefined, name: here.name };
  if (!isTold)
    return { level: undefined, name: here.name, why: 'this WasmEdge compiles for its own processor alone' };
  const level = cpuLevel(wanted);
  const lacking = level === undefined ? [] : lackingFor(level, here);
  if (level !== undefined && lacking.length === 0) return { level, name: level.name };
  const best = highestLevel(here);
  const why =
    level === undefined
      ? `there is no level ${wanted}`
      : `for ${wanted} this processor lacks ${lacking.join(', ')}`;
  return { level: best, name: best?.name ?? here.name, why };
}

/** @returns such as `x86-64-v2, because for x86-64-v3 this processor lacks avx2` */
export function cpuInWords({ level, name, why }: CpuTarget): string {
  const target = level === undefined ? `this kind of processor alone (${name})` : name;
  return why === undefined ? target : `${target}, because ${why}`;
}

function nameOf({ name }: CpuLevel): string {
  return name;
}
