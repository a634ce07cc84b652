import { copyFile, readdir, readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parts, root } from '../paths.js';
import { cargoBuild, cargoTargets } from './cargo.js';
import { hashOfSources } from './fingerprints.js';
import { litert } from './litert.js';
import type { Step } from './step.js';
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
  inputs: () => hashOfSources(SOURCES, ['.rs', '.c', '.h', '.toml', '.lock']),
  tools: async () => ['cargo', 'cc'],
  make: async ({ product, signal, report }) => {
    const { targetFolder, targets } = await cargoTargets(SOURCES, 'cdylib', signal);
    const official = await officialWasiNn();
    const wanted = targets.filter((target) => target.package !== WASI_NN || official === undefined);
    const packages = wanted.flatMap((target) => ['--package', target.package]);
    await cargoBuild(SOURCES, packages, { env: pluginEnvironment, signal, report });
    for (const { name } of wanted) {
      const file = `lib${name.replaceAll('-', '_')}.so`;
      await copyFile(path.join(targetFolder, 'release', file), path.join(product, file));
    }
    const built = wanted.map((target) => target.package).join(', ');
    return official === undefined ? built : `${built}; WASI-NN is ${official}`;
  },
};

/** The official WASI-NN plug-in, if it is installed with the WasmEdge in use and is the one for TensorFlow Lite. */
async function officialWasiNn(): Promise<string | undefined> {
  const prefix = path.resolve(await realpath(parts.wasmedge), '../..');
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
