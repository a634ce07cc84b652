import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImports } from './imports.js';

/** A module that imports functions of type `() -> ()`, written byte by byte. */
function importing(...imports: [module: string, name: string][]): Uint8Array {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const entries = imports.flatMap(([module, name]) => [...text(module), ...text(name), 0, 0]);
  const section = [imports.length, ...entries];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 4, 1, 0x60, 0, 0],
    ...[2, section.length, ...section],
  ]);
}

test('WASI, WASI-NN and accept may be imported', async () => {
  await checkImports(
    importing(
      ['wasi_snapshot_preview1', 'fd_write'],
      ['wasi_ephemeral_nn', 'load'],
      ['wasm_function', 'accept'],
    ),
    'good.wasm',
  );
});

for (const [module, name] of [
  ['wasi_snapshot_preview1', 'sock_open'],
  ['wasi_snapshot_preview1', 'proc_raise'],
  ['wasi:logging/logging', 'log'],
  ['wasi_ephemeral_nn', 'unload'],
  ['env', 'fd_write'],
  ['constructor', 'name'],
] as const) {
  test(`${module}.${name} is refused by name`, async () => {
    await assert.rejects(
      checkImports(importing(['wasi_snapshot_preview1', 'fd_read'], [module, name]), 'bad.wasm'),
      {
        code: 'ERR_FUNCTION_IMPORTS',
        message: new RegExp(`^bad\\.wasm imports what a function may not have: ${module}\\.${name}\\. `),
      },
    );
  });
}

/** What WasmEdge 0.14 has beside WASI, and what would make processes, threads and connections: some of each. */
const ways = {
  wasi_snapshot_preview1: `sock_open sock_bind sock_listen sock_accept sock_connect sock_recv sock_recv_from sock_send
    sock_send_to sock_shutdown sock_getaddrinfo sock_setsockopt sock_getsockopt sock_getlocaladdr sock_getpeeraddr
    proc_raise fd_no_such_call`,
  wasi: 'thread-spawn',
  wasmedge_process: 'wasmedge_process_run wasmedge_process_set_prog_name',
  wasmedge_httpsreq: 'wasmedge_httpsreq_send_data',
  wasmedge_image: 'wasmedge_image_load_jpg_to_rgb8',
  wasi_ephemeral_crypto_common: 'options_open',
  'wasi:logging/logging': 'log',
  system_call: 'call call_at',
};
for (const [module, names] of Object.entries(ways))
  test(`${module}: no other way out is let in`, async () => {
    for (const name of names.trim().split(/\s+/)) {
      const wasm = importing(['wasi_snapshot_preview1', 'fd_read'], [module, name]);
      await assert.rejects(checkImports(wasm, 'bad.wasm'), {
        message: new RegExp(`may not have: ${module}\\.${name}\\. `),
      });
    }
  });

test('an imported memory is refused', async () => {
  const entry = [1, 3, ...Buffer.from('env'), 3, ...Buffer.from('mem'), 2, 0, 1];
  const memory = Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, entry.length, ...entry]);
  await assert.rejects(checkImports(memory, 'm.wasm'), { message: /env\.mem\./ });
});

test('what is no module is refused', async () => {
  await assert.rejects(checkImports(Buffer.from('\x7fELF'), 'f.so'), {
    code: 'ERR_FUNCTION_IMPORTS',
    message: /^f\.so is not a WebAssembly module/,
  });
});
