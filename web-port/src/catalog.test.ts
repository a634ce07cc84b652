import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FunctionDescription, ManifestError, type readFunctions } from '@app/function-manifest';
import { pino } from 'pino';
import { Catalog } from './catalog.js';

function described(name: string): FunctionDescription {
  return {
    name,
    folder: `/functions/${name}`,
    title: name,
    build: 'rust',
    app: 'functions',
    accepts: ['*/*'],
    returns: undefined,
    limits: { memoryPages: 16, timeoutMs: 1000, inputBytes: 1, outputBytes: 1, pixels: 1 },
    folders: {},
    plugins: [],
    instances: undefined,
    queue: 0,
    requestsPerInstance: 1,
    env: {},
  };
}

/** A catalog of what `read` gives, with the lines that it logs. */
function catalogOf(read: typeof readFunctions) {
  const lines: string[] = [];
  return { catalog: new Catalog(pino({}, { write: (line) => void lines.push(line) }), read), lines };
}

test('the article’s names are aliases, and grayscale is the default', async () => {
  const functions = ['classify', 'grayscale', 'invert'].map(described);
  const { catalog } = catalogOf(async () => ({ functions, problems: [] }));
  await catalog.refresh();
  for (const [api, name] of [
    [undefined, 'grayscale'],
    ['rs', 'grayscale'],
    ['go', 'classify'],
    ['invert', 'invert'],
  ] as const)
    assert.equal(catalog.find(api).name, name);
  assert.throws(() => catalog.find('sepia'), {
    status: 400,
    code: 'ERR_API',
    message: /"sepia" names no function\. Use one of classify, go, grayscale, rs, invert\.$/,
  });
});

test('an alias of a function that is not there names none', async () => {
  const { catalog } = catalogOf(async () => ({ functions: [described('invert')], problems: [] }));
  await catalog.refresh();
  for (const api of [undefined, 'rs', 'go'])
    assert.throws(() => catalog.find(api), { status: 400, message: /Use one of invert\.$/ });
});

test('what is older than a second is read again, once for all who ask', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  let reads = 0;
  const { catalog } = catalogOf(async () => {
    reads += 1;
    return { functions: [described(`f${reads}`)], problems: [] };
  });
  await Promise.all([catalog.refresh(), catalog.refresh(), catalog.refresh()]);
  now += 999;
  await catalog.refresh();
  assert.equal(reads, 1);
  now += 1;
  await Promise.all([catalog.refresh(), catalog.refresh()]);
  assert.equal(reads, 2);
  assert.equal(catalog.find('f2').name, 'f2');
  assert.throws(() => catalog.find('f1'), { code: 'ERR_API' });
});

test('functions that cannot be read any more stay as they were, and the log says so once', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  let isBroken = false;
  const { catalog, lines } = catalogOf(async () => {
    if (isBroken) throw new Error('the disk is gone');
    return { functions: [described('invert')], problems: [] };
  });
  await catalog.refresh();
  isBroken = true;
  for (let round = 0; round < 3; round += 1) {
    now += 1000;
    await catalog.refresh();
  }
  assert.equal(catalog.find('invert').name, 'invert');
  assert.equal(lines.length, 1, lines.join(''));
  assert.match(lines[0] ?? '', /"level":50.*the disk is gone.*cannot be read again/);
});

test('a function whose manifest goes wrong stays as it was until that is right again', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const problem = new ManifestError('invert/function.yaml:1: is no YAML.', { function: 'invert', file: 'x' });
  const reads = [
    { functions: [described('invert')], problems: [] },
    { functions: [], problems: [problem] },
    { functions: [], problems: [problem] },
    { functions: [], problems: [] },
  ];
  const { catalog, lines } = catalogOf(async () => reads.shift() ?? assert.fail());
  for (let round = 0; round < 3; round += 1) {
    now += 1000;
    await catalog.refresh();
    assert.equal(catalog.find('invert').name, 'invert');
  }
  assert.equal(lines.length, 1);
  now += 1000;
  await catalog.refresh();
  assert.throws(() => catalog.find('invert'), { code: 'ERR_API' });
});

test('a function whose manifest is wrong is 503, and listed as not available, without a path of the host', async () => {
  const { functionsFolder } = await import('@app/function-manifest');
  const file = `${functionsFolder}/broken/function.yaml`;
  const problem = new ManifestError(`${file}:2: build is "perl" and must be rust.`, {
    function: 'broken',
    file,
    line: 2,
  });
  const { catalog, lines } = catalogOf(async () => ({
    functions: [described('invert')],
    problems: [problem],
  }));
  await catalog.refresh();
  const told = 'broken/function.yaml:2: build is "perl" and must be rust.';
  assert.throws(() => catalog.find('broken'), {
    status: 503,
    message: `The function broken cannot be used: ${told}`,
  });
  const [broken, invert] = catalog.list(() => 5);
  assert.deepEqual(broken, {
    name: 'broken',
    title: 'broken',
    accepts: [],
    returns: null,
    maxBytes: 0,
    app: null,
    available: false,
    problem: told,
  });
  assert.deepEqual([invert?.name, invert?.maxBytes, invert?.available], ['invert', 5, true]);
  assert.match(lines.join(''), new RegExp(`${file}:2`));
});
