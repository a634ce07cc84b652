import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { startEdgeBefore } from './edge-before.js';
import { post } from './hello.js';

const edge = await startEdgeBefore('half-answer.js');
after(() => edge.stop());

test('a picture that its service breaks off is not taken for a whole one, though its sidecar may make one of it', async (t) => {
  const invoked = `${edge.daprUrl}/v1.0/invoke/image-api-grayscale/method/api/image`;
  // What the sidecar makes of it is no promise of ours: it says why the service's own word is needed.
  const made = await post(invoked, Buffer.from('a picture')).then(
    ({ body }) => `${body.length} bytes, as if they were all`,
    () => 'one that breaks off',
  );
  t.diagnostic(`of 300000 bytes, broken off after 150000, the sidecar made ${made}`);

  await assert.rejects(post(`${edge.url}/api/hello`, Buffer.from('a picture')), /terminated/);
  await pWaitFor(() => /"status":502.*ERR_UNREACHABLE/.test(edge.output()), { interval: 10, timeout: 5000 });
});
