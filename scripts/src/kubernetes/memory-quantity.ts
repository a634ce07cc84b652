import { z } from 'zod';

const MIB_PER_UNIT: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024 };

/** Memory as Kubernetes writes it, such as `512Mi` or `2Gi`; in MiB. */
export const memoryQuantity = z
  .string('must be memory, such as 512Mi or 2Gi')
  .regex(/^[1-9]\d*(Mi|Gi)$/, 'must be memory, such as 512Mi or 2Gi')
  .transform((text) => Number.parseInt(text, 10) * (MIB_PER_UNIT[text.slice(-2)] ?? 1));
