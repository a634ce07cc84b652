import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { parts } from '../built-parts.js';
import { post } from '../hello.js';
import { modelWorkshop } from '../model-workshop.js';
import { startRunFile } from '../run-file.js';
import { startService } from '../service.js';

/** What the models of test/fixtures/models say of a colour, worked out here. */
function probabilityOfRed([red, green, blue]: readonly [number, number, number]): number {
  const power = (byte: number) => Math.exp((4 * (byte - 127.5)) / 127.5);
  return power(red) / (power(red) + power(green) + power(blue));
}

const COLOUR = [200, 100, 50] as const;

const coffee = await readFile(parts.picture('coffee.png'));

test('a float and a quantised model of one’s own are functions side by side, and are taken away again', async (t) => {
  const { functions, built, run, give, given, add, names } = await modelWorkshop(t);
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
  const classified = await post(hello, coffee, { api: 'classify', accept: 'application/json' });
  assert.equal(JSON.parse(String(classified.body)).label, 'espresso');

  for (const name of ['my-colours-1-0', 'eighths'])
    assert.equal((await run('remove', name, '--yes')).exitCode, 0);
  assert.deepEqual(await names(), ['classify']);
  assert.deepEqual(await readdir(built), ['classify']);
});

test('a model.json that is wrong keeps no other function back', async (t) => {
  const { functions, built, run, give, add } = await modelWorkshop(t);
  const change = async (name: string, key: string) => {
    const file = path.join(functions, name, 'model/model.json');
    const { [key]: _, ...others } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify(others));
  };
  const file = await give('float');
  for (const name of ['no-input', 'no-subject']) assert.equal((await add(file, '--name', name)).exitCode, 0);
  await change('no-input', 'input');
  await change('no-subject', 'subject');
  assert.equal((await run('setup')).exitCode, 0);

  const service = await startService(t, 'image-api-classify', { FUNCTIONS_DIR: functions, BUILT_DIR: built });
  const send = (name: string) =>
    post(`${service.url}/functions/${name}`, coffee, { accept: 'application/json' });
  assert.equal(JSON.parse(String((await send('classify')).body)).label, 'espresso');
  // The program does not start without the one; the other is the service's alone.
  const unserved = await send('no-input');
  assert.equal(unserved.status, 503);
  assert.match(String(unserved.body), /The function no-input cannot be served: It does not start/);
  assert.match(service.output(), /model\.json is not the manifest of a model: missing field `input`/);
  const refused = await send('no-subject');
  assert.equal(refused.status, 503);
  assert.match(String(refused.body), /The function no-subject cannot be served: its model\.json is wrong/);
  const told = /no-subject\/model\/model\.json is not a model's manifest: [^\n]*subject[^\n]*Correct it\./;
  await pWaitFor(() => told.test(service.output()), { interval: 5, timeout: 5000 });
});
