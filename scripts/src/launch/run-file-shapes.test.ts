import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { writeRunFile } from './fixtures/run-file.js';
import { FREE, shapes } from './fixtures/run-file-shapes.js';
import { settlePorts } from './ports.js';
import { readRunFile } from './run-file.js';
import { sidecarArguments } from './sidecar.js';

/** The flags that every sidecar has here, unless a shape says otherwise. */
const always = [
  `--dapr-internal-grpc-port=${FREE}`,
  '--dapr-listen-addresses=127.0.0.1',
  '--app-channel-address=127.0.0.1',
  '--dapr-internal-grpc-listen-address=127.0.0.1',
  '--metrics-listen-address=127.0.0.1',
  '--enable-metrics=false',
];

const nameOf = (flag: string) => flag.split('=')[0];

for (const { of, common, apps, expected } of shapes)
  test(`a run file as people have it: ${of}`, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'run-file-test-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const settled = await settlePorts(
      await readRunFile(await writeRunFile(folder, { version: 1, common, apps })),
    );
    const given = new Set(apps.flatMap((app) => Object.values(app)));
    for (const [index, [id, ...flags]] of expected.entries()) {
      const { app, ports } = settled[index] ?? assert.fail();
      const shown = sidecarArguments(app, ports, '127.0.0.1').map((flag) => {
        const [name, value = ''] = flag.split('=');
        if (/^--resources-path$|^--config$/.test(name ?? ''))
          return `${name}=(folder)/${path.relative(folder, value)}`;
        const isChosen = /-port$/.test(name ?? '') && !given.has(Number(value));
        if (isChosen) assert.ok(Number(value) >= 20_000 && Number(value) < 32_768, flag);
        return isChosen ? `${name}=${FREE}` : flag;
      });
      const others = always.filter((flag) => !flags.some((each) => nameOf(each) === nameOf(flag)));
      assert.deepEqual(shown.sort(), [`--app-id=${id}`, ...flags, ...others].sort());
    }
    const chosen = settled.flatMap(({ ports }) => Object.values(ports)).filter((port) => port !== undefined);
    assert.equal(new Set(chosen).size, chosen.length, 'a port for two');
  });
