import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podOf, rendered } from './fixtures/rendering.js';

const SMALL = 'build: {wasm: x.wasm}\nlimits: {memory: 64Mi, input: 1Mi, output: 2Mi}\nqueue: 3\n';

test('a container’s memory is what all instances of all its functions may take', async (t) => {
  const functions = { one: SMALL, two: `${SMALL}instances: 5\n` };
  const { container } = podOf(await rendered(t, { functions }), 'functions');
  // The service, and of each function its parent, instances with input and output, and inputs that wait.
  const one = 64 + 2 * (64 + 64 + 3) + 3;
  const two = 64 + 5 * (64 + 64 + 3) + 3;
  assert.equal(container.resources.limits.memory, `${128 + one + two}Mi`);
});

test('two instances for pictures of 49 megapixels have the memory that was measured of them', async (t) => {
  const functions = { grey: 'build: {wasm: x.wasm}\naccepts: [image/*]\nlimits: {memory: 1Gi}\n' };
  const { container } = podOf(await rendered(t, { functions }), 'functions');
  const measured = 160 + 2 * 430;
  assert.ok(Number.parseInt(container.resources.limits.memory, 10) >= measured);
});

test('the settings of an operator count as they do in the service', async (t) => {
  const limitOf = async (settings: string) => {
    const { container } = podOf(await rendered(t, { functions: { one: SMALL }, settings }), 'functions');
    return container.resources.limits;
  };
  const of = (instances: number, memory = 64) => `${128 + 64 + instances * (memory + 64 + 3) + 3}Mi`;
  assert.deepEqual(await limitOf(''), { cpu: '2', memory: of(2) });
  assert.deepEqual(await limitOf('apps: {functions: {cpu: 3.5}}'), { cpu: '3500m', memory: of(4) });
  assert.deepEqual(await limitOf('env: {INSTANCES: 7}'), { cpu: '2', memory: of(7) });
  assert.deepEqual(await limitOf('apps: {functions: {env: {MEMORY_PAGES: 1600}}}'), {
    cpu: '2',
    memory: of(2, 100),
  });
});

test('a container asks for no more than its limit, however small that is', async (t) => {
  const functions = {
    tiny: 'build: {wasm: x.wasm}\nlimits: {memory: 1Mi, input: 1Ki, output: 1Ki}\nqueue: 0\n',
  };
  const { requests, limits } = podOf(await rendered(t, { functions }), 'functions').container.resources;
  assert.ok(Number.parseInt(requests.memory, 10) <= Number.parseInt(limits.memory, 10));
});

test('memory that is given is taken, and too little of it is refused with what would fit', async (t) => {
  const functions = { one: SMALL };
  const give = (memory: string) =>
    rendered(t, { functions, settings: `apps: {functions: {memory: ${memory}}}` });
  assert.equal(podOf(await give('1Gi'), 'functions').container.resources.limits.memory, '1024Mi');
  assert.equal(podOf(await give('457Mi'), 'functions').container.resources.limits.memory, '457Mi');
  await assert.rejects(give('456Mi'), {
    code: 'ERR_SETUP',
    message:
      /^apps\.functions\.memory is 456Mi, and its inputs may take 457Mi \(.*one: 64 \+ 2 instances x \(64 \+ 64 \+ 3 in the service\) \+ 3 waiting x 1 = 329\)\. Give it that, or fewer instances \(cpu, INSTANCES\)/,
  });
});

test('the edge has memory for all inputs that it takes at once, as forms too, and so has its sidecar', async (t) => {
  const functions = { one: SMALL, two: SMALL };
  const { container, annotations } = podOf(
    await rendered(t, {
      functions,
      settings: 'apps: {web-port: {env: {MAX_REQUESTS: 10, MAX_UPLOAD_BYTES: 3145728}}}',
    }),
    'web-port',
  );
  assert.equal(container.resources.limits.memory, `${128 + 2 * 10 * 4 * 3}Mi`);
  assert.equal(annotations['dapr.io/sidecar-memory-limit'], `${128 + 2 * 10 * 3}Mi`);
});
