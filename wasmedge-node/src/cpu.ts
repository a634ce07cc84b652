import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { arch, cpus } from 'node:os';

/** Enough of /proc/cpuinfo to hold all of its first processor. */
const FIRST_PROCESSOR_BYTES = 8192;

/** What a processor has to have so that code which was compiled for the level runs on it. */
export interface CpuLevel {
  readonly name: string;
  /** As Node's `os.arch()` names it. */
  readonly arch: string;
  /** LLVM's name of a processor that has just that. */
  readonly llvm: string;
  /** LLVM's name of each feature to Linux's name of it, in /proc/cpuinfo. */
  readonly features: Readonly<Record<string, string>>;
}

// Of the x86-64 psABI, table "Micro-Architecture Levels" (https://gitlab.com/x86-psABIs/x86-64-ABI). Linux has no name for
// OSXSAVE, but names AVX only where it holds; LLVM has one for CRC32, a part of SSE4.2.
const X86_64 = {
  '64bit': 'lm',
  cmov: 'cmov',
  cx8: 'cx8',
  fxsr: 'fxsr',
  mmx: 'mmx',
  sse: 'sse',
  sse2: 'sse2',
};
const X86_64_V2 = {
  ...X86_64,
  ...{ cx16: 'cx16', sahf: 'lahf_lm', popcnt: 'popcnt', sse3: 'pni', ssse3: 'ssse3' },
  ...{ 'sse4.1': 'sse4_1', 'sse4.2': 'sse4_2', crc32: 'sse4_2' },
};
const X86_64_V3 = {
  ...X86_64_V2,
  ...{ avx: 'avx', avx2: 'avx2', bmi: 'bmi1', bmi2: 'bmi2', f16c: 'f16c', fma: 'fma' },
  ...{ lzcnt: 'abm', movbe: 'movbe', xsave: 'xsave' },
};
/** What LLVM calls `generic`. */
const ARMV8_A = { 'fp-armv8': 'fp', neon: 'asimd' };

/** The levels that code can be compiled for; of each architecture the one with the least comes first. */
export const CPU_LEVELS: readonly CpuLevel[] = [
  { name: 'x86-64-v2', arch: 'x64', llvm: 'x86-64-v2', features: X86_64_V2 },
  { name: 'x86-64-v3', arch: 'x64', llvm: 'x86-64-v3', features: X86_64_V3 },
  { name: 'armv8-a', arch: 'arm64', llvm: 'generic', features: ARMV8_A },
];

/** A processor, as far as code cares. */
export interface Cpu {
  readonly arch: string;
  /**
   * Names this kind of processor: code that was compiled for all that it offers runs only on one that offers the same.
   */
  readonly name: string;
  /** Linux's names of its features; none where it does not tell them. */
  readonly flags: ReadonlySet<string>;
}

/** This machine's processor. */
export async function thisCpu(): Promise<Cpu> {
  return describeCpu(await readCpuInfo(), cpus()[0]?.model);
}

/**
 * @param cpuInfo the text of /proc/cpuinfo
 * @param model how the processor is sold
 */
export function describeCpu(cpuInfo: string, model = 'unknown', architecture: string = arch()): Cpu {
  const [line = '', listed = ''] = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo) ?? [];
  const hash = createHash('sha256').update(line).digest('hex').slice(0, 12);
  return {
    arch: architecture,
    name: `${architecture} ${model} ${hash}`,
    flags: new Set(listed.trim().split(/\s+/)),
  };
}

/** What a processor lacks of a level, by Linux's names; nothing where code that was compiled for the level runs on it. */
export function lackingFor(level: CpuLevel, cpu: Cpu): string[] {
  if (level.arch !== cpu.arch) return [level.arch];
  return [...new Set(Object.values(level.features))].filter((flag) => !cpu.flags.has(flag));
}

/** The highest level that a processor has; `undefined` if it has none. */
export function highestLevel(cpu: Cpu): CpuLevel | undefined {
  return CPU_LEVELS.findLast((level) => lackingFor(level, cpu).length === 0);
}

/** The level of this name; `undefined` if there is none. */
export function cpuLevel(name: string): CpuLevel | undefined {
  return CPU_LEVELS.find((level) => level.name === name);
}

/** Empty where there is no such file. */
async function readCpuInfo(): Promise<string> {
  try {
    await using file = await open('/proc/cpuinfo');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_PROCESSOR_BYTES), 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    return '';
  }
}
