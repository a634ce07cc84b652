import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FunctionPool, findRuntime, forkInstances, type InstanceSource } from '@app/wasmedge-node';
import { execa } from 'execa';
import { parts } from '../built-parts.js';

/**
 * The same program by the kit of each language: Go's is interpreted, because compiling it takes most of a minute, and it starts
 * fast enough as it is.
 */
const KITS = {
  Rust: parts.guest('kit-rust', 'so'),
  C: parts.kitGuest('c', 'so'),
  'C++': parts.kitGuest('cpp', 'so'),
  Go: parts.kitGuest('go', 'wasm'),
} as const;

/** Largest answer that is taken. */
const MAX_OUTPUT = 16 * 1024 ** 2;

/** Largest input that the kit takes. */
const MAX_INPUT = 10 * 1024 ** 2;

interface OpenOptions {
  readonly kind?: 'serve' | 'filter';
  readonly requestsPerInstance?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A pool of one instance, as a service has it, and what its instances wrote outside of any request. */
async function openPool(
  t: TestContext,
  file: string,
  { kind = 'serve', requestsPerInstance = 1, environment = {} }: OpenOptions = {},
) {
  const lines: string[] = [];
  const { wasmedge } = await findRuntime(parts.wasmedge, parts.plugins);
  const command = {
    wasmedge,
    runArguments: [],
    file,
    folders: {},
    environment: { WASM_FUNCTION_MAX_INPUT: String(MAX_INPUT), ...environment },
    memoryPages: 4096,
    pluginFolder: parts.plugins,
  };
  const log = (line: string) => lines.push(line);
  const verify = async () => {};
  const options = { kind, verify, cpuSeconds: 60, startTimeoutMs: 20_000, log };
  const source: InstanceSource = forkInstances(command, options);
  const pool = new FunctionPool({
    source,
    instances: 1,
    requestsPerInstance,
    retireAboveBytes: Number.POSITIVE_INFINITY,
    queueLimit: 10,
    timeoutMs: 20_000,
    maxOutputBytes: MAX_OUTPUT,
  });
  t.after(() => pool.close());
  return { pool, lines };
}

/** Runs a program by itself, without a fork server. */
async function runAlone(file: string, input: Buffer, environment: Readonly<Record<string, string>>) {
  const args = [...Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]), file];
  const { exitCode, stdout, stderr } = await execa(parts.wasmedge, args, {
    input,
    encoding: 'buffer',
    env: { WASMEDGE_PLUGIN_PATH: parts.plugins },
    reject: false,
    stripFinalNewline: false,
    timeout: 20_000,
  });
  return { exitCode, output: Buffer.from(stdout).toString('latin1'), said: Buffer.from(stderr).toString() };
}

function request(payload: string | Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(payload.length);
  return Buffer.concat([length, Buffer.from(payload)]);
}

const SERVE = { WASM_FUNCTION_MODE: 'serve' };

/** What is done with an input that names it: the error's code for one that serves and for a filter, and its message. */
const REFUSALS = [
  ['bad input', 'ERR_FUNCTION_INPUT', 'ERR_FUNCTION_INPUT', 'row 7 has no number'],
  ['empty', 'ERR_FUNCTION_INPUT_EMPTY', 'ERR_FUNCTION_INPUT', 'there is nothing in it'],
  ['too large', 'ERR_FUNCTION_INPUT_TOO_LARGE', 'ERR_FUNCTION_INPUT', 'there is too much in it'],
  ['format', 'ERR_FUNCTION_INPUT_FORMAT', 'ERR_FUNCTION_INPUT', 'this is no format of mine'],
  ['failure', 'ERR_FUNCTION_FAILED', 'ERR_FUNCTION_FAILED', 'the disk is gone'],
] as const;

for (const [language, file] of Object.entries(KITS)) {
  for (const kind of ['serve', 'filter'] as const)
    test(`a ${kind} function by the kit for ${language} answers, refuses in one line, and ends by a trap`, async (t) => {
      const { pool } = await openPool(t, file, { kind });
      for (const text of ['hello', '', 'loaded', 'nothing']) {
        const expected = { loaded: 'Loaded', nothing: '' }[text] ?? text;
        assert.equal(String(await pool.run(Buffer.from(text))), expected);
      }
      for (const [input, serving, filtering, message] of REFUSALS)
        await assert.rejects(pool.run(Buffer.from(input)), {
          code: kind === 'serve' ? serving : filtering,
          message,
        });
      const code = kind === 'filter' && language === 'Go' ? 'ERR_FUNCTION_FAILED' : 'ERR_FUNCTION_TRAPPED';
      await assert.rejects(pool.run(Buffer.from('trap')), { code });
      assert.equal(String(await pool.run(Buffer.from('hello'))), 'hello');
    });

  test(`a function by the kit for ${language} that ends in the middle of a request has no answer, and the next one is served`, async (t) => {
    const { pool } = await openPool(t, file, { requestsPerInstance: 3 });
    assert.equal(String(await pool.run(Buffer.from('how many'))), '1');
    await assert.rejects(pool.run(Buffer.from('exit')), { code: 'ERR_FUNCTION_TRAPPED', message: /exit 0/ });
    assert.equal(String(await pool.run(Buffer.from('how many'))), '1');
  });

  test(`the kit for ${language} serves as many requests as an instance may see, also behind refused ones`, async (t) => {
    const { pool } = await openPool(t, file, { requestsPerInstance: 3 });
    const counts: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      counts.push(String(await pool.run(Buffer.from('how many'))));
      await assert.rejects(pool.run(Buffer.from('bad input')), { code: 'ERR_FUNCTION_INPUT' });
      counts.push(String(await pool.run(Buffer.from('how many'))));
    }
    assert.deepEqual(counts, ['1', '3', '1', '3']);
  });

  test(`the kit for ${language} takes the largest input and gives the largest answer, and no more`, async (t) => {
    const { pool } = await openPool(t, file, { requestsPerInstance: 10 });
    const input = Buffer.alloc(MAX_INPUT, 'input ');
    assert.ok((await pool.run(input)).equals(input));
    await assert.rejects(pool.run(Buffer.alloc(MAX_INPUT + 1)), {
      code: 'ERR_FUNCTION_INPUT_TOO_LARGE',
      message: `too large: the input is longer than the ${MAX_INPUT} bytes that this function accepts`,
    });
    assert.ok((await pool.run(Buffer.from(`answer ${MAX_OUTPUT}`))).equals(Buffer.alloc(MAX_OUTPUT, 'x')));
    await assert.rejects(pool.run(Buffer.from(`answer ${MAX_OUTPUT + 1}`)), {
      code: 'ERR_FUNCTION_TRAPPED',
      message: /announced an answer of 16777217 bytes; at most 16777216 are taken/,
    });
  });

  test(`a function by the kit for ${language} whose set-up fails is not served, and says why`, async (t) => {
    const { pool } = await openPool(t, file, { environment: { AT_START: 'fail' } });
    await assert.rejects(pool.ready(), {
      code: 'ERR_FUNCTION_UNAVAILABLE',
      message: /exit code 2: the model is missing: .*ended before it called accept$/,
    });
  });

  test(`the kit for ${language} answers frames until its input ends, and fails where that is inside of one`, async () => {
    const whole = Buffer.concat(['hello', 'bad input', '', 'how many'].map(request));
    const answers = 'WFN1\0\x05\0\0\0hello\x01\x13\0\0\0row 7 has no number\0\0\0\0\0\0\x01\0\0\x004';
    assert.deepEqual(await runAlone(file, whole, SERVE), { exitCode: 0, output: answers, said: '' });
    for (const rest of ['\x05', '\x05\0\0', '\x05\0\0\0', '\x05\0\0\0hell']) {
      const cut = Buffer.concat([whole, Buffer.from(rest, 'latin1')]);
      assert.deepEqual(await runAlone(file, cut, SERVE), {
        exitCode: 2,
        output: answers,
        said: 'the input ended inside a request\n',
      });
    }
  });

  test(`the kit for ${language} skips a request that is too long, and a filter refuses it`, async () => {
    const environment = { WASM_FUNCTION_MAX_INPUT: '10' };
    const refusal = 'too large: the input is longer than the 10 bytes that this function accepts';
    const requests = Buffer.concat(['12345678901', '1234567890', 'x'.repeat(100_000), '1'].map(request));
    const { output } = await runAlone(file, requests, { ...environment, ...SERVE });
    const refused = `\x04${String.fromCharCode(refusal.length)}\0\0\0${refusal}`;
    assert.equal(output, `WFN1${refused}\0\x0a\0\0\x001234567890${refused}\0\x01\0\0\x001`);
    assert.deepEqual(await runAlone(file, Buffer.from('12345678901'), environment), {
      exitCode: 1,
      output: '',
      said: `${refusal}\n`,
    });
    const { exitCode } = await runAlone(file, Buffer.from('1234567890'), environment);
    assert.equal(exitCode, 0);
  });

  test(`the kit for ${language} says which setting is wrong, and what to do`, async () => {
    for (const [environment, said] of [
      [
        { WASM_FUNCTION_MODE: 'server' },
        'WASM_FUNCTION_MODE is "server": set it to "serve" or leave it unset\n',
      ],
      ...['0', ' 1', '10MB', '4294967296'].map(
        (value) =>
          [
            { WASM_FUNCTION_MAX_INPUT: value },
            `WASM_FUNCTION_MAX_INPUT is "${value}": set it to a number of bytes above 0\n`,
          ] as const,
      ),
    ] as const) {
      assert.deepEqual(await runAlone(file, Buffer.from('x'), environment), {
        exitCode: 2,
        output: '',
        said,
      });
    }
  });
}
