import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ask, run } from './command.js';
import { SetupError } from './errors.js';
import { HOST_CPU_LIBRARY } from './host-cpu.js';
import { makeLlvmStandIn } from './llvm-stand-in.js';
import type { Work } from './step.js';
import { onPath } from './tools.js';

/** The first Debian that has WasmEdge with its ahead-of-time compiler. */
const SUITE = 'trixie';
const PACKAGES = ['wasmedge', 'libwasmedge-dev'];
/** Below the product: what stands in for LLVM where nothing is compiled. */
const STAND_IN = 'without-llvm';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Whether Debian's packages can be had here: on Debian itself, whose mirror its own apt knows. */
export async function hasDebianPackages(): Promise<boolean> {
  const programs = await Promise.all(['apt-get', 'dpkg'].map(onPath));
  return programs.every(({ length }) => length > 0) && (await debianMirror()) !== undefined;
}

/**
 * Puts Debian's WasmEdge into a folder of its own, without root rights: a private apt reads the suite from the
 * mirror that the machine itself uses and checks the signatures; the packages, with all libraries down to libc (this
 * machine's may be too old), are unpacked below `root/`; `bin/wasmedge` starts it with these libraries.
 */
export async function installDebianWasmEdge(
  product: string,
  { signal, report }: Pick<Work, 'signal' | 'report'>,
): Promise<string> {
  const apt = path.join(product, 'apt');
  const root = path.join(product, 'root');
  report('reading the package lists');
  const options = { env: await privateApt(apt), signal };
  await run('apt-get', ['update'], options);
  report('downloading the packages');
  await run(
    'apt-get',
    ['install', '--yes', '--no-install-recommends', '--download-only', ...PACKAGES],
    options,
  );
  report('unpacking');
  const archives = path.join(apt, 'cache/archives');
  for (const file of await readdir(archives)) {
    if (file.endsWith('.deb')) await run('dpkg', ['-x', path.join(archives, file), root], { signal });
  }
  await rm(apt, { recursive: true });
  const libraries = await keepWhatRuns(root);
  await makeLlvmStandIn(path.join(libraries, 'libwasmedge.so'), path.join(product, STAND_IN), signal);
  await writeStarter(product, libraries);
  await symlink('root/usr/include', path.join(product, 'include'));
  const { findRuntime, isAotOn } = await import('@app/wasmedge-node');
  const runtime = await findRuntime(path.join(product, 'bin/wasmedge'));
  if (!(await isAotOn(runtime))) throw new SetupError(`Debian's WasmEdge does not run compiled code here.`);
  return `WasmEdge ${runtime.version}, Debian ${SUITE}'s; what only runs code runs without LLVM`;
}

/** An apt with its own sources, lists, cache and (empty) list of installed packages. */
async function privateApt(folder: string): Promise<Record<string, string>> {
  for (const name of ['lists/partial', 'cache/archives/partial', 'state']) {
    await mkdir(path.join(folder, name), { recursive: true });
  }
  const sources = path.join(folder, 'sources.list');
  const status = path.join(folder, 'state/status');
  await writeFile(status, '');
  await writeFile(sources, `deb [signed-by=${KEYRING}] ${await debianMirror()} ${SUITE} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State': path.join(folder, 'state'),
    'Dir::State::lists': path.join(folder, 'lists'),
    'Dir::State::status': status,
    'Dir::Cache': path.join(folder, 'cache'),
    'APT::Sandbox::User': '',
    'Acquire::Retries': '3',
    'Acquire::Languages': 'none',
    'Debug::NoLocking': 'true',
  };
  const file = path.join(folder, 'apt.conf');
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`);
  await writeFile(file, lines.join(''));
  return { APT_CONFIG: file };
}

/** The Debian mirror that the machine's own apt sources name, whatever their format, and whether they were read before. */
async function debianMirror(): Promise<string | undefined> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID="?debian"?$/m.test(release)) return undefined; // A relative's mirror has no suite of Debian's.
  const [, codename = 'stable'] = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(release) ?? [];
  const targets = ['--format', '$(ORIGIN) $(RELEASE) $(REPO_URI)', 'Created-By: Packages'];
  const known = await ask('apt-get', 'indextargets', ...targets).catch(() => '');
  const mirror = /^Debian [a-z]+ (\S+)$/m.exec(known)?.[1]; // not bookworm-security, whose mirror is another
  if (mirror !== undefined) return mirror;
  // Of lists that were never read apt does not know whose they are.
  const files = await ask('apt-get', 'update', '--print-uris').catch(() => '');
  return new RegExp(`^'(\\S+/debian)/dists/${codename}/`, 'm').exec(files)?.[1];
}

/** Leaves the program, its header and the libraries; returns the libraries' folder. */
async function keepWhatRuns(root: string): Promise<string> {
  for (const folder of ['etc', 'usr/share'])
    await rm(path.join(root, folder), { recursive: true, force: true });
  const [triplet] = (await readdir(path.join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'));
  if (triplet === undefined) throw new SetupError(`Debian's packages hold no libraries for this machine.`);
  const libraries = path.join(root, 'usr/lib', triplet);
  for (const entry of await readdir(libraries, { withFileTypes: true })) {
    if (entry.isDirectory()) await rm(path.join(libraries, entry.name), { recursive: true });
  }
  return libraries;
}

/**
 * Starts the program by its own loader, wherever the product's folder is moved: with LLVM if it is to compile, else with
 * what stands in for it (docs/decisions/without-llvm.md). The compiler may be told for which processor (docs/decisions/cpu-levels.md).
 *
 * @param folder of the libraries, below the product
 */
export function starter(folder: string, loader: string): string {
  return `#!/bin/sh
top=\${0%/*}/..
libraries=$top/${folder}
preload=
case " $* " in
*' compile '*)
  path=$top/host-cpu:$libraries
  preload=\${WASMEDGE_HOST_CPU:+--preload ${HOST_CPU_LIBRARY}}
  ;;
*' --enable-jit '*) path=$libraries ;;
*) path=$top/${STAND_IN}:$libraries ;;
esac
exec "$libraries/${loader}" --library-path "$path" $preload "$top/root/usr/bin/wasmedge" "$@"
`;
}

async function writeStarter(product: string, libraries: string): Promise<void> {
  const loader = (await readdir(libraries)).find((name) => name.startsWith('ld-linux'));
  if (loader === undefined) throw new SetupError(`Debian's libc has no loader for this machine.`);
  const file = path.join(product, 'bin/wasmedge');
  await mkdir(path.dirname(file));
  await writeFile(file, starter(path.relative(product, libraries), loader), { mode: 0o755 });
}
