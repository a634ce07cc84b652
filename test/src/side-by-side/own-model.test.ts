import assert from 'node:assert/strict';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parts } from '../built-parts.js';
import { modelWorkshop } from '../model-workshop.js';
import { killGroup } from '../workshop.js';

test('a model that takes any number of pictures at once, as Keras converts them, takes one', async (t) => {
  const { functions, give, add } = await modelWorkshop(t);
  const file = await give('any-batch');
  const { exitCode, all } = await add(file);
  assert.equal(exitCode, 0, all);
  assert.match(all, /^It takes any number of pictures at once: that is fixed at one in the copy\.$/m);
  assert.deepEqual(await readFile(file), await readFile(parts.picture('models/any-batch.tflite')));
  const copy = path.join(functions, 'any-batch/model/model.tflite');
  assert.notDeepEqual(await readFile(copy), await readFile(file));
});

test('scores that are logits are told, and given as probabilities', async (t) => {
  const { functions, give, add } = await modelWorkshop(t);
  const { exitCode, all } = await add(await give('uint8-logits'));
  assert.equal(exitCode, 0, all);
  assert.match(all, /^It ends without a softmax, so its scores are taken for logits/m);
  const json = await readFile(path.join(functions, 'uint8-logits/model/model.json'), 'utf8');
  assert.deepEqual(JSON.parse(json).output, {
    type: 'uint8',
    scale: Math.fround(4 / 127.5),
    zeroPoint: 128,
    logits: true,
  });
});

for (const [what, model, args, message] of [
  [
    'a model that does not fit',
    'channels-first',
    [],
    /channels-first\.tflite does not fit: it takes the channels first/,
  ],
  [
    'a name that is taken',
    'float',
    ['--name', 'classify'],
    /functions\/classify already: choose another name/,
  ],
  ['a reserved name', 'float', ['--name', 'go'], /"go" can be no function: it is taken/],
  ['a name that is no DNS label', 'float', ['--name', 'A_b'], /"A_b" can be no function: it is no DNS label/],
  [
    'a title that is too long',
    'float',
    ['--title', 'x'.repeat(101)],
    /functions\/float\/function\.yaml:2: title is "x+… and must/,
  ],
  ['a mean for uint8', 'uint8', ['--mean', '0'], /uint8\.tflite takes uint8, .*leave --mean and --std out/],
  [
    'a mean that is no number',
    'float',
    ['--mean', 'half'],
    /'--mean <number>' argument 'half' is invalid\. It must be a number/,
  ],
  ['a std of 0', 'float', ['--std', '0'], /'--std <number>' argument '0' is invalid\. It must be above 0/],
] as const)
  test(`${what} is refused, and nothing is made`, async (t) => {
    const { give, add, names } = await modelWorkshop(t);
    const { exitCode, all } = await add(await give(model), ...args);
    assert.equal(exitCode, 1, all);
    assert.match(all, message);
    assert.deepEqual(await names(), ['classify']);
  });

test('a model that is cut off, damaged, too large or no file is refused, and nothing is made', async (t) => {
  const { given, give, add, names } = await modelWorkshop(t);
  const file = await give('float', 'net.tflite');
  const whole = await readFile(file);
  const name = ['--name', 'net'];
  for (const [bytes, message] of [
    [Buffer.alloc(0), /net\.tflite is no TensorFlow Lite model: it is empty/],
    [whole.subarray(0, 100), /net\.tflite is damaged, or not all of it is there/],
    // What this reads of it is there, what it is computed with is not.
    [
      whole.subarray(0, whole.length - 40),
      /(TensorFlow Lite, or classify, cannot use this model: |is damaged, or not all)/,
    ],
  ] as const) {
    await writeFile(file, bytes);
    const { exitCode, all } = await add(file, ...name);
    assert.equal(exitCode, 1, all);
    assert.match(all, message);
    assert.match(all, /^SetupError: /m);
  }
  await truncate(file, 2 ** 40);
  assert.match((await add(file)).all, /net\.tflite has 1099511627776 bytes, and a model may have 536870912/);
  assert.match(
    (await add('/dev/null', path.join(given, 'labels.txt'), ...name)).all,
    /\/dev\/null is no file/,
  );
  assert.match((await add('/nowhere/net.tflite')).all, /\/nowhere\/net\.tflite cannot be read \(ENOENT/);
  assert.deepEqual(await names(), ['classify']);
});

test('a large model has the memory that it takes to load it, beside what classify has for pictures', async (t) => {
  const { functions, give, add } = await modelWorkshop(t);
  const manifest = path.join(functions, 'classify/function.yaml');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('memory: 1Gi', 'memory: 16Mi'));
  const file = await give('float');
  await truncate(file, 40 * 1024 ** 2);
  const { exitCode, all } = await add(file);
  assert.equal(exitCode, 0, all);
  assert.match(
    await readFile(path.join(functions, 'float/function.yaml'), 'utf8'),
    /^limits: \{memory: 56Mi\}$/m,
  );
});

test('without classify there is no program, which is said when a model is added and when one is built', async (t) => {
  const { functions, run, give, add, names } = await modelWorkshop(t);
  const file = await give('float');
  assert.equal((await add(file)).exitCode, 0);
  await rm(path.join(functions, 'classify'), { recursive: true });
  const set = await run('setup');
  assert.equal(set.exitCode, 1);
  assert.match(
    set.all,
    /float\/function\.yaml:3: build\.function is "classify" and needs the file .*functions\/classify\/function\.yaml, which is not there/,
  );
  const added = await add(file, '--name', 'other');
  assert.equal(added.exitCode, 1);
  assert.match(added.all, /There is no function classify, whose program it is to have: bring that back/);
  assert.deepEqual(await names(), ['float']);
});

test('killed at any moment, a model is added whole or not at all', async (t) => {
  const { functions, give, add, names } = await modelWorkshop(t);
  const file = await give('float');
  for (const ms of [200, 400, 600, 800]) {
    const child = add(file, '--name', `cut-${ms}`);
    await delay(ms);
    killGroup(child.pid);
    await child;
  }
  assert.ok((await names()).length < 5, 'at least one was cut off');
  for (const name of (await names()).filter((each) => each.startsWith('cut-')))
    assert.deepEqual(await readdir(path.join(functions, name)), ['cases', 'function.yaml', 'model']);
  assert.equal((await add(file, '--name', 'whole')).exitCode, 0);
  assert.deepEqual(
    (await names()).filter((name) => name.startsWith('.')),
    [],
  );
});

test('npm run model -- add --help says what fits', async (t) => {
  const { exitCode, all } = await (await modelWorkshop(t)).add('--help');
  assert.equal(exitCode, 0);
  assert.match(
    all,
    /^What fits: one input, a picture \[1, height, width, 3\]; one output, scores \[1, labels\]; each uint8 or float32\.$/m,
  );
});
