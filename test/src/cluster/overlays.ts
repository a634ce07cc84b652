import assert from 'node:assert/strict';
import { z } from 'zod';
import { kubectl } from './kubectl.js';

/** The manifests as they were rendered for the image under test. */
const MANIFESTS =
  process.env.MANIFESTS ?? assert.fail('MANIFESTS is not set: run it by npm run test:cluster');

/** The folder of an overlay. */
export function overlay(name: 'local' | 'production'): string {
  return `${MANIFESTS}/overlays/${name}`;
}

/** The resources of one kind in an overlay. */
export async function ofOverlay<T extends z.ZodType>(
  name: 'local' | 'production',
  kind: string,
  schema: T,
): Promise<z.output<T>[]> {
  const text = await kubectl('apply', '--kustomize', overlay(name), '--dry-run=client', '--output', 'json');
  const { items } = z.object({ items: z.array(z.looseObject({ kind: z.string() })) }).parse(JSON.parse(text));
  return items.filter((each) => each.kind === kind).map((each) => schema.parse(each));
}
