import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { FunctionDescription } from '@app/function-manifest';

/** Makes the folder that a function in a language is built in: beside Cargo's, which is ignored by Git and removed by `npm run clean`. */
export async function buildFolder({ folder, name }: FunctionDescription, language: string): Promise<string> {
  const place = path.join(folder, '../target', language, name);
  await mkdir(place, { recursive: true });
  return place;
}
