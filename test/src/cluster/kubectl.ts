import assert from 'node:assert/strict';
import { execa } from 'execa';
import type { z } from 'zod';

/** The namespace that the manifests are rendered for. */
export const NAMESPACE =
  process.env.NAMESPACE ?? assert.fail('NAMESPACE is not set: run it by npm run test:cluster');

/** `kubectl` in the application's namespace: what it wrote. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return (await execa('kubectl', ['--namespace', NAMESPACE, ...args])).stdout;
}

/** What `kubectl get` with these arguments tells as JSON. */
export async function get<T extends z.ZodType>(schema: T, ...args: readonly string[]): Promise<z.output<T>> {
  return schema.parse(JSON.parse(await kubectl('get', ...args, '--output', 'json')));
}

/** Applies resources that a test makes. */
export async function apply(...resources: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: resources });
  await execa('kubectl', ['--namespace', NAMESPACE, 'apply', '--filename', '-'], { input });
}

/** Changes a resource by a strategic merge patch. */
export async function patch(kind: string, name: string, change: object): Promise<void> {
  await kubectl('patch', kind, name, '--patch', JSON.stringify(change));
}
