import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { SetupError } from '../setup/errors.js';
import { memoryQuantity } from './memory-quantity.js';

/** What the manifests themselves say of a container; docs/kubernetes.md. */
export const RENDERED: readonly string[] = [
  'HOST',
  'PORT',
  'APP_ID',
  'APP_PORT',
  'METRICS_PORT',
  'APP_API_TOKEN',
];

/** RFC 1123, as Kubernetes wants names. */
export const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a name of Kubernetes');

const env = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable')
      .refine((name) => !RENDERED.includes(name), 'is set by the manifests: leave it out'),
    z
      .union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false')
      .transform(String),
  )
  .default({});

const replicas = z
  .strictObject({ min: z.int().min(1).max(1000), max: z.int().min(1).max(1000) })
  .refine(({ min, max }) => min <= max, 'min must not be above max');

const settingsSchema = z.strictObject({
  namespace: label,
  prometheusNamespace: label,
  env,
  cpu: z.number().min(0.1).max(500),
  replicas,
  apps: z
    .record(
      z.string(),
      z.strictObject({
        cpu: z.number().min(0.1).max(500).optional(),
        memory: memoryQuantity.optional(),
        replicas: replicas.optional(),
        env,
      }),
    )
    .default({}),
});

/** What an operator decides; deploy/kubernetes/settings.yaml explains each key. */
export type Settings = z.output<typeof settingsSchema>;

/**
 * Reads the operator's settings.
 *
 * @throws SetupError naming the file, the key and what would be right
 */
export async function readSettings(file: string): Promise<Settings> {
  const content = await readFile(file, 'utf8')
    .then((text): unknown => parse(text))
    .catch((cause: Error) => {
      throw new SetupError(`${file} cannot be read: ${cause.message}`, { cause });
    });
  const { data, error } = settingsSchema.safeParse(content);
  if (data !== undefined) return data;
  const lines = error.issues.map((issue) => {
    // Of a wrong key, what is wrong with it.
    const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
    return `  ${issue.path.join('.') || 'the file'}: ${message}`;
  });
  throw new SetupError(`${file} is not valid:\n${lines.join('\n')}`);
}
