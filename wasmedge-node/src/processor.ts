import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { arch, cpus } from 'node:os';

/** Enough of /proc/cpuinfo to hold all of its first processor. */
const FIRST_PROCESSOR_BYTES = 8192;

/**
 * A name for this kind of processor: compiled code uses all that the processor offers, so it runs only on one that
 * offers the same.
 */
export async function processorName(): Promise<string> {
  const model = cpus()[0]?.model ?? 'unknown';
  const features = createHash('sha256')
    .update(await processorFeatures())
    .digest('hex')
    .slice(0, 12);
  return `${arch()} ${model} ${features}`;
}

/** The line `flags` (x86) or `Features` (ARM) of /proc/cpuinfo; nothing where there is no such file. */
async function processorFeatures(): Promise<string> {
  try {
    await using file = await open('/proc/cpuinfo');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_PROCESSOR_BYTES), 0);
    return /^(?:flags|Features)\s*:.*$/m.exec(buffer.toString('latin1', 0, bytesRead))?.[0] ?? '';
  } catch {
    return '';
  }
}
