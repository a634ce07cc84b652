import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withNativeCodeOf } from './native-code.js';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const section = (id: number, ...content: number[]) => [id, content.length, ...content];
const native = section(0, 8, ...Buffer.from('wasmedge'), 1, 2, 3);
const other = section(0, 4, ...Buffer.from('name'), 9);
const types = section(1, 1, 0x60, 0, 0);
const code = (...body: number[]) => section(10, 1, body.length, ...body);
const module = (...sections: number[][]) => Uint8Array.from([...HEADER, ...sections.flat()]);

const compiled = module(other, types, section(5, 1, 0, 1), code(0, 0x0b), section(11, 0), native);

test('native code is appended to a module whose memory, globals, data and names alone are different', () => {
  const differing = module(
    types,
    section(5, 1, 0, 9),
    section(6, 0),
    code(0, 0x0b),
    section(11, 1, 7),
    other,
  );
  assert.deepEqual(
    withNativeCodeOf(compiled, differing),
    Buffer.concat([differing, Uint8Array.from(native)]),
  );
});

test('a module whose types or code are different, or that lacks them, gets none', () => {
  for (const differing of [
    module(types, code(0, 0x01, 0x0b)),
    module(section(1, 1, 0x60, 0, 1, 0x7f), code(0, 0x0b)),
    module(types, section(2, 0), code(0, 0x0b)),
    module(types, section(9, 0), code(0, 0x0b)),
    module(types),
  ])
    assert.equal(withNativeCodeOf(compiled, differing), undefined);
});

test('of a module that has not been compiled none can be taken, be the code the same', () => {
  assert.equal(withNativeCodeOf(module(other, types), module(types)), undefined);
});

test('sections of any length are told apart', () => {
  const long = Array.from({ length: 300 }, (_, index) => index % 256);
  const data = [11, 0xac, 0x02, ...long];
  const whole = withNativeCodeOf(module(types, data, native), module(types, [11, 0]));
  assert.deepEqual(whole, Buffer.concat([module(types, [11, 0]), Uint8Array.from(native)]));
});
