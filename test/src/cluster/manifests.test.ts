import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { figure } from './figures.js';
import { kubectl } from './kubectl.js';
import { overlay } from './overlays.js';

for (const name of ['local', 'production'] as const)
  test(`the API server takes the overlay ${name}, every field of it`, async () => {
    const args = ['apply', '--kustomize', overlay(name), '--dry-run=server', '--validate=strict'];
    const { stdout, stderr } = await execa('kubectl', args);
    // PodSecurity and deprecated fields would be warned of.
    assert.equal(stderr, '');
    await figure(`the overlay ${name} in strict validation`, `${stdout.split('\n').length} resources taken`);
  });

test('strict validation refuses a field that there is not', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { containers: [], restartPolicie: 'Never' },
  };
  const input = JSON.stringify(pod);
  const args = ['apply', '--filename', '-', '--dry-run=server', '--validate=strict'];
  await assert.rejects(execa('kubectl', args, { input }), /unknown field "spec\.restartPolicie"/);
});

test('a pod with more rights than it needs is refused by the namespace', async () => {
  const args = ['run', 'root', '--image', 'any', '--restart', 'Never', '--dry-run=server'];
  await assert.rejects(kubectl(...args), /violates PodSecurity "restricted/);
});
