import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { parts } from './built-parts.js';
import { post } from './hello.js';
import { folders } from './mounts.js';
import { startRunFile } from './run-file.js';
import { killGroup, workshop } from './workshop.js';

/** A workshop that has classify, built; and a folder with a model and labels for it. */
async function open(t: TestContext) {
  const shop = await workshop(t);
  const own = path.join(shop.functions, 'classify');
  await cp(path.join(folders.repository, 'functions/classify/model'), path.join(own, 'model'), {
    recursive: true,
  });
  const yaml = await readFile(path.join(folders.repository, 'functions/classify/function.yaml'), 'utf8');
  await writeFile(
    path.join(own, 'function.yaml'),
    yaml.replace('build: rust', 'build: {wasm: classify.wasm}'),
  );
  await copyFile(parts.function('classify', 'wasm'), path.join(own, 'classify.wasm'));
  // What is compiled of the same module already is not compiled again.
  await cp(path.dirname(parts.function('classify', 'so')), path.join(shop.built, 'classify'), {
    recursive: true,
  });
  const given = path.join(shop.folder, 'given');
  await mkdir(given);
  await writeFile(path.join(given, 'labels.txt'), 'red\ngreen\nblue\n');
  /** Puts a model of test/fixtures/models there; returns its path. */
  const give = async (model: string, name = `${model}.tflite`) => {
    const file = path.join(given, name);
    await copyFile(parts.picture(`models/${model}.tflite`), file);
    return file;
  };
  const add = (...args: readonly string[]) => shop.run('model', 'add', ...args);
  const names = async () => (await readdir(shop.functions)).filter((name) => name !== '.cargo').sort();
  return { ...shop, given, give, add, names };
}

/** What the models of test/fixtures/models say of a colour, worked out here. */
function probabilityOfRed([red, green, blue]: readonly [number, number, number]): number {
  const power = (byte: number) => Math.exp((4 * (byte - 127.5)) / 127.5);
  return power(red) / (power(red) + power(green) + power(blue));
}

const COLOUR = [200, 100, 50] as const;

test('a float and a quantised model of one’s own are functions side by side, and are taken away again', async (t) => {
  const { functions, built, run, give, given, add, names } = await open(t);
  const float = await add(await give('float', 'My_Colours 1.0.tflite'), '--title', 'Colours: float');
  assert.equal(float.exitCode, 0, float.all);
  assert.match(
    float.all,
    /^My_Colours 1\.0\.tflite: float32 pictures of 6 x 8, 3 scores of float32, a label for each\.$/m,
  );
  assert.match(float.all, /^A picture's bytes become \(byte - 127\.5\) \/ 127\.5: /m);
  assert.match(
    float.all,
    /^TensorFlow Lite has loaded it, and says of a sample: (red|green|blue), \d+ %\.$/m,
  );
  assert.match(float.all, /^Next: npm run check -- my-colours-1-0, then npm start\.$/m);
  const own = path.join(functions, 'my-colours-1-0');
  assert.deepEqual(await readdir(own), ['cases', 'function.yaml', 'model']);
  assert.equal(
    await readFile(path.join(own, 'function.yaml'), 'utf8'),
    `# yaml-language-server: $schema=../function.schema.json
title: "Colours: float"
build: {function: classify}
app: image-api-classify
accepts: [image/*]
returns: application/json
limits: {memory: 1025Mi}
folders: {/model: model}
plugins: [wasi_nn]
`,
  );
  assert.deepEqual(JSON.parse(await readFile(path.join(own, 'model/model.json'), 'utf8')), {
    name: 'Colours: float',
    input: { width: 6, height: 8, type: 'float32', mean: 127.5, std: 127.5 },
    output: { type: 'float32' },
    subject: 'known object',
    source: 'My_Colours 1.0.tflite',
  });

  await rm(path.join(given, 'My_Colours 1.0.tflite'));
  await give('uint8');
  const quantised = await add(given, '--name', 'eighths');
  assert.equal(quantised.exitCode, 0, quantised.all);
  assert.match(
    quantised.all,
    /^uint8\.tflite: uint8 pictures of 6 x 8, 3 scores of uint8, a label for each\.$/m,
  );
  assert.doesNotMatch(quantised.all, /bytes become|logits/);

  const checked = await run('check', 'eighths');
  assert.equal(checked.exitCode, 0, checked.all);
  assert.match(checked.all, /^ok {2}case sample: a result of \d+ bytes$/m);
  assert.match(
    (await run('list')).all,
    /^eighths +serve +image-api-classify +as classify +1025 MiB, .* built$/m,
  );
  assert.equal((await run('setup')).exitCode, 0);
  const doctor = await run('doctor');
  assert.match(doctor.all, /^model of classify +EfficientNet-Lite0 int8, 1000 labels, Apache-2\.0, at /m);
  assert.match(doctor.all, /^model of eighths +given, 3 labels, licence not stated, at .*eighths\/model$/m);

  const env = { FUNCTIONS_DIR: functions, BUILT_DIR: built };
  const command = ['dist/server.js'];
  const running = await startRunFile([
    { appID: 'web-port', appPort: 8080, folder: 'web-port', command, env },
    { appID: 'image-api-classify', appPort: 9003, folder: 'image-api-classify', command, env },
  ]);
  t.after(() => running.stop());
  const hello = `${running.apps.get('web-port')?.url}/api/hello`;
  const [r, g, b] = COLOUR;
  const picture = await sharp({ create: { width: 90, height: 50, channels: 3, background: { r, g, b } } })
    .jpeg({ quality: 100 })
    .toBuffer();
  for (const [api, model] of [
    ['my-colours-1-0', 'Colours: float'],
    ['eighths', 'given'],
  ] as const) {
    const { status, body } = await post(hello, picture, { api, accept: 'application/json' });
    assert.equal(status, 200, String(body));
    const answer = JSON.parse(String(body));
    assert.deepEqual([answer.label, answer.model, answer.predictions.length], ['red', model, 3]);
    assert.ok(Math.abs(answer.confidence - probabilityOfRed(COLOUR)) < 0.02, String(body));
    assert.equal(
      answer.sentence,
      "It is very likely a <a href='https://www.google.com/search?q=red'>red</a> in the picture",
    );
  }
  const coffee = await readFile(parts.picture('coffee.png'));
  const classified = await post(hello, coffee, { api: 'classify', accept: 'application/json' });
  assert.equal(JSON.parse(String(classified.body)).label, 'espresso');

  for (const name of ['my-colours-1-0', 'eighths'])
    assert.equal((await run('remove', name, '--yes')).exitCode, 0);
  assert.deepEqual(await names(), ['classify']);
  assert.deepEqual(await readdir(built), ['classify']);
});

test('scores that are logits are told, and given as probabilities', async (t) => {
  const { functions, give, add } = await open(t);
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
    const { give, add, names } = await open(t);
    const { exitCode, all } = await add(await give(model), ...args);
    assert.equal(exitCode, 1, all);
    assert.match(all, message);
    assert.deepEqual(await names(), ['classify']);
  });

test('a model that is cut off, damaged, too large or no file is refused, and nothing is made', async (t) => {
  const { given, give, add, names } = await open(t);
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
  const { functions, give, add } = await open(t);
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
  const { functions, run, give, add, names } = await open(t);
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
  const { functions, give, add, names } = await open(t);
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
  const { exitCode, all } = await (await open(t)).add('--help');
  assert.equal(exitCode, 0);
  assert.match(
    all,
    /^What fits: one input, a picture \[1, height, width, 3\]; one output, scores \[1, labels\]; each uint8 or float32\.$/m,
  );
});
