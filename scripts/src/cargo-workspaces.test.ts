import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cargoWorkspaces } from './cargo-workspaces.js';

test('the Cargo workspaces are found, and which of them have tests for this machine', async () => {
  const found = new Map((await cargoWorkspaces()).map(({ options, hasTests }) => [options.cwd, hasTests]));
  for (const workspace of ['function-kit', 'functions/classify', 'functions/grayscale', 'wasmedge-node'])
    assert.equal(found.get(workspace), true, workspace);
  assert.equal(found.get('test/guests'), false);
});
