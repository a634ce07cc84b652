import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { SetupError } from './errors.js';
import { setUp, usualTime } from './set-up.js';
import type { Step } from './step.js';

let folder: string;
let made: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'setup-test-'));
  made = [];
});
afterEach(() => rm(folder, { recursive: true }));

/** A step that writes its name to the file `content`. */
function step(name: string, parts: Partial<Step> = {}): Step {
  return {
    name,
    needs: [],
    inputs: async () => 'same',
    seconds: 1,
    lacks: async () => [],
    make: async ({ product }) => {
      made.push(name);
      await writeFile(path.join(product, 'content'), name);
      return `a ${name}`;
    },
    ...parts,
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const content = (name: string) => readFile(path.join(folder, name, 'content'), 'utf8');

test('a step is done once, and after the steps that it needs', async () => {
  const first = step('first');
  const second = step('second', { needs: [first] });
  await setUp([first, second], folder);
  await setUp([first, second], folder);
  assert.deepEqual(made, ['first', 'second']);
  assert.equal(await content('second'), 'second');
});

test('when the inputs of a step change, it and those that need it are done again', async () => {
  let input = 1;
  const first = step('first', { inputs: async () => input });
  const steps = [first, step('second', { needs: [first] }), step('other')];
  await setUp(steps, folder);
  input = 2;
  made = [];
  await setUp(steps, folder);
  assert.deepEqual(made, ['first', 'second']);
});

test('a step that fails leaves the old product in place and is done again', async () => {
  let input = 1;
  let fails = false;
  const fragile = step('fragile', {
    inputs: async () => input,
    make: async ({ product }) => {
      await writeFile(path.join(product, 'content'), `version ${input}`);
      if (fails) throw new SetupError('the disk is full');
      return 'something';
    },
  });
  await setUp([fragile], folder);
  input = 2;
  fails = true;
  await assert.rejects(setUp([fragile], folder), { code: 'ERR_SETUP', message: 'the disk is full' });
  assert.equal(await content('fragile'), 'version 1');
  assert.deepEqual(await readdir(folder), ['fragile']);
  fails = false;
  await setUp([fragile], folder);
  assert.equal(await content('fragile'), 'version 2');
});

test('what a killed set-up has left behind is never used', async () => {
  await mkdir(path.join(folder, 'part.making.1'));
  await writeFile(path.join(folder, 'part.making.1/half'), '');
  await mkdir(path.join(folder, 'part')); // complete but for its record
  await setUp([step('part')], folder);
  assert.deepEqual(await readdir(folder), ['part']);
  assert.deepEqual((await readdir(path.join(folder, 'part'))).sort(), ['content', 'made-from.txt']);
});

for (const [what, damage] of [
  ['was deleted', (file: string) => rm(file)],
  ['was cut short', (file: string) => truncate(file, 3)],
  ['was changed without changing its size', (file: string) => writeFile(file, 'trap')],
  ['was added', (file: string) => writeFile(`${file}.too`, 'more')],
] as const)
  test(`a product of which a file ${what} is made again`, async () => {
    await setUp([step('part')], folder);
    await damage(path.join(folder, 'part', 'content'));
    await setUp([step('part')], folder);
    assert.deepEqual(made, ['part', 'part']);
    assert.equal(await content('part'), 'part');
    assert.deepEqual((await readdir(path.join(folder, 'part'))).sort(), ['content', 'made-from.txt']);
  });

test('when one step fails the others are stopped, and those that need it do not begin', async () => {
  const failing = step('failing', {
    make: async () => {
      throw new SetupError('no network');
    },
  });
  const slow = step('slow', {
    make: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  const steps = [slow, failing, step('later', { needs: [failing] })];
  await assert.rejects(setUp(steps, folder), { message: 'no network' });
  assert.deepEqual(made, []);
  assert.deepEqual(await readdir(folder), []);
});

test('when an optional step fails the others are made, and it is said why it failed', async () => {
  const failing = step('failing', {
    optional: true,
    make: async () => {
      throw new SetupError('line 7: no such word');
    },
  });
  const lacking = step('lacking', { optional: true, lacks: async () => ['no compiler: install one'] });
  await mkdir(path.join(folder, 'failing')); // what it has made before
  const failures = await setUp([failing, lacking, step('other')], folder);
  assert.deepEqual(failures.map(({ message }) => message).sort(), [
    'failing: line 7: no such word',
    'lacking: no compiler: install one.',
  ]);
  assert.deepEqual(made, ['other']);
  assert.deepEqual(await readdir(folder), ['other']);
});

test('a fault of our own in an optional step stops all, as in any other', async () => {
  const faulty = step('faulty', {
    optional: true,
    make: async () => {
      throw new TypeError('undefined is not a function');
    },
  });
  await assert.rejects(setUp([faulty], folder), TypeError);
});

test('a step prepares while what it needs is made, and is made after that', async () => {
  const prepared = deferred();
  const need = step('need', {
    make: async () => {
      await prepared.promise;
      made.push('need');
      return 'a need';
    },
  });
  const eager = step('eager', {
    needs: [need],
    prepare: async ({ product }) => {
      await writeFile(path.join(product, 'prepared'), '');
      made.push('prepared');
      prepared.resolve();
    },
  });
  await setUp([need, eager], folder);
  assert.deepEqual(made, ['prepared', 'need', 'eager']);
  assert.ok((await readdir(path.join(folder, 'eager'))).includes('prepared'));
});

test('a step that has prepared is not made when what it needs fails', async () => {
  const need = step('need', {
    make: async () => {
      throw new SetupError('no network');
    },
  });
  const eager = step('eager', { needs: [need], optional: true, prepare: async () => {} });
  await assert.rejects(setUp([need, eager], folder), { message: 'no network' });
  assert.deepEqual(made, []);
});

test('what a step needs is brought in with it, and only when it is made', async () => {
  const compiler = step('compiler');
  const library = step('library', { needs: [compiler] });
  const program = step('program', {
    prepareNeeds: [library],
    needs: [compiler],
    prepare: async () => void made.push('prepared'),
  });
  await setUp([program], folder);
  assert.deepEqual(made, ['compiler', 'library', 'prepared', 'program']);
  await rm(path.join(folder, 'compiler'), { recursive: true });
  await setUp([program], folder);
  assert.equal(made.length, 4);
});

test('a step waits for what it needs also when it is named before that', async () => {
  const slow = step('slow', {
    make: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      made.push('slow');
      return 'slow';
    },
  });
  await setUp([step('eager', { needs: [slow], prepare: async () => {} }), slow], folder);
  assert.deepEqual(made, ['slow', 'eager']);
});

for (const [how, parts] of [
  ['fails', { make: () => Promise.reject(new SetupError('no network')) }],
  ['lacks something', { lacks: async () => ['no network'] }],
] as const)
  test(`when an optional step ${how}, those that need it fail, too, and no others`, async () => {
    const compiler = step('compiler', { optional: true, ...parts });
    const program = step('program', { optional: true, prepareNeeds: [compiler], prepare: async () => {} });
    const failures = await setUp([program, step('other')], folder);
    assert.deepEqual(
      failures.map(({ message }) => message.replace(/\.$/, '')),
      ['compiler: no network', 'program: it needs compiler, which has failed'],
    );
    assert.deepEqual(made, ['other']);
  });

test('a product may lie elsewhere, and is made aside there', async () => {
  const place = path.join(folder, 'else/where');
  await setUp([step('some thing', { place })], folder);
  assert.equal(await readFile(path.join(place, 'content'), 'utf8'), 'some thing');
  assert.deepEqual(await readdir(path.join(folder, 'else')), ['where']);
});

test('all that the machine lacks is said before anything begins, once', async () => {
  const steps = [
    step('one', { lacks: async () => ['no compiler: install one', 'no linker: install one'] }),
    step('two', { lacks: async () => ['no compiler: install one'] }),
    step('three'),
  ];
  await assert.rejects(setUp(steps, folder), {
    code: 'ERR_SETUP',
    message: 'Set-up cannot begin:\n  no compiler: install one.\n  no linker: install one.',
  });
  assert.deepEqual(made, []);
});

test('a product knows how it was made before', async () => {
  let input = 1;
  let previous = '';
  const growing = step('growing', {
    inputs: async () => input,
    make: async (work) => {
      previous = await readFile(path.join(work.previous, 'content'), 'utf8').catch(() => 'nothing');
      await writeFile(path.join(work.product, 'content'), `version ${input}`);
      return 'something';
    },
  });
  await setUp([growing], folder);
  assert.equal(previous, 'nothing');
  input = 2;
  await setUp([growing], folder);
  assert.equal(previous, 'version 1');
});

test('how long steps take is their processor time, shared out', () => {
  const steps = (...each: number[]) => each.map((seconds) => ({ seconds }));
  assert.equal(usualTime(steps(40, 20, 21), 2), '41 s');
  assert.equal(usualTime(steps(60, 60, 60), 2), '90 s');
  assert.equal(usualTime(steps(260, 100, 35), 2), '4 min');
});
