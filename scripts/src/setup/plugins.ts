import { copyFile, readdir, readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parts, root } from '../paths.js';
import { cargoBuild, cargoTargets } from './cargo.js';
import { checksumsRecord } from './checksums-record.js';
import { hashOfSources } from './fingerprints.js';
import { litert } from './litert.js';
import type { Step } from './step.js';
import { lacking } from './tools.js';
import { wasmedge } from './wasmedge.js';

const SOURCES = path.join(root, 'wasmedge-node');

/** The crate that is left out where WasmEdge comes with a WASI-NN plug-in for TensorFlow Lite of its own. */
const WASI_NN = 'wasi-nn-litert';

/** What building and testing the plug-ins needs to know. */
export const pluginEnvironment = {
  WASMEDGE_INCLUDE_DIR: parts.wasmedgeHeaders,
  LITERT_LIB_DIR: parts.litert,
};

/** WasmEdge's plug-ins, built against the header of the WasmEdge in use. */
export const plugins: Step = {
  name: 'plugins',
  needs: [wasmedge, litert],
  record: checksumsRecord,
  inputs: () => hashOfSources(SOURCES, ['.rs', '.c', '.h', '.toml', '.lock']),
  seconds: 15,
  lacks: () => lacking('cargo', 'cc'),
  make: async ({ product, signal, report }) => {
    const { targetFolder, targets } = await cargoTargets(SOURCES, 'cdylib', signal);
    const official = await officialWasiNn();
    const wanted = targets.filter((target) => target.package !== WASI_NN || official === undefined);
    const packages = wanted.flatMap((target) => ['--package', target.package]);
    await cargoBuild(SOURCES, packages, { env: pluginEnvironment, signal, report });
    await copyLibraries(wanted, path.join(targetFolder, 'release'), product);
    const built = wanted.map((target) => target.package).join(', ');
    return official === undefined ? built : `${built}; WASI-NN is ${official}`;
  },
};

/** Plug-ins that only tests load: the crates' examples. */
export const testPlugins: Step = {
  name: 'test-plugins',
  needs: [plugins], // made from the same sources
  inputs: async () => null,
  seconds: 15,
  lacks: () => lacking('cargo', 'cc'),
  make: async ({ product, signal, report }) => {
    const { targetFolder, targets } = await cargoTargets(SOURCES, 'example', signal);
    const examples = targets.flatMap(({ name }) => ['--example', name]);
    await cargoBuild(SOURCES, ['--workspace', ...examples], { env: pluginEnvironment, signal, report });
    await copyLibraries(targets, path.join(targetFolder, 'release/examples'), product);
    return targets.map(({ name }) => name).join(', ');
  },
};

async function copyLibraries(targets: readonly { name: string }[], from: string, to: string): Promise<void> {
  for (const { name } of targets) {
    const file = `lib${name.replaceAll('-', '_')}.so`;
    await copyFile(path.join(from, file), path.join(to, file));
  }
}

/** The official WASI-NN plug-in, if it is installed with the WasmEdge in use and is the one for TensorFlow Lite. */
async function officialWasiNn(): Promise<string | undefined> {
  const prefix = path.resolve(await realpath(parts.wasmedgeHeaders), '..');
  const folders = ['plugin', 'lib/wasmedge'].map((folder) => path.join(prefix, folder));
  for (const folder of new Set([...folders, path.join(homedir(), '.wasmedge/plugin')])) {
    for (const name of await readdir(folder).catch(() => [])) {
      const file = path.join(folder, name);
      if (/PluginWasiNN.*\.so$/i.test(name) && (await readFile(file)).includes('libtensorflowlite'))
        return file;
    }
  }
  return undefined;
}
