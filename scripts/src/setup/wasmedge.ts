import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parts } from '../paths.js';
import { userEnvironment } from '../user-environment.js';
import { SetupError } from './errors.js';
import { identity } from './fingerprints.js';
import { checkHostCpu, HOST_CPU_LIBRARY, hostCpuSource, makeHostCpu } from './host-cpu.js';
import type { Step } from './step.js';
import { existing, lacking, onPath } from './tools.js';
import { hasDebianPackages, installDebianWasmEdge, starter } from './wasmedge-debian.js';

/** https://wasmedge.org/docs/start/install */
const INSTALL =
  'curl -sSf https://raw.githubusercontent.com/WasmEdge/WasmEdge/master/utils/install.sh | bash -s -- -v 0.14.1';

/** A WasmEdge with its C header, which the plug-ins are built against. */
interface FitWasmEdge {
  readonly executable: string;
  readonly include: string;
  readonly version: string;
}

/**
 * WasmEdge as `bin/wasmedge`, its header below `include/`: those of the installed one if it is fit (new enough,
 * runs compiled code, has its header), else Debian's.
 */
export const wasmedge: Step = {
  name: 'wasmedge',
  needs: [],
  inputs: async () => [
    named() ?? null,
    await Promise.all((await candidates()).map(identity)),
    [starter('', ''), installedStarter('')],
    await hostCpuSource(),
  ],
  seconds: 15,
  lacks,
  make: async ({ product, signal, report }) => {
    const { fit: installed } = await findInstalled();
    await makeHostCpu(product, signal);
    const what =
      installed === undefined
        ? await installDebianWasmEdge(product, { signal, report })
        : await useInstalled(installed, product);
    return `${what}${await checkHostCpu(product)}`;
  },
};

async function useInstalled({ executable, include, version }: FitWasmEdge, product: string): Promise<string> {
  await mkdir(path.join(product, 'bin'));
  await writeFile(path.join(product, 'bin/wasmedge'), installedStarter(executable), { mode: 0o755 });
  await symlink(include, path.join(product, 'include'));
  return `WasmEdge ${version}, installed at ${executable}`;
}

/** Not a link: what is installed may be a script, too, and look for its parts beside the name it is called by. */
function installedStarter(executable: string): string {
  return `#!/bin/sh
case " $* " in
*' compile '*)
  if [ "$WASMEDGE_HOST_CPU" ]; then
    export LD_PRELOAD=${HOST_CPU_LIBRARY} LD_LIBRARY_PATH="\${0%/*}/../host-cpu\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  fi
  ;;
esac
exec '${executable.replaceAll("'", `'\\''`)}' "$@"
`;
}

/** WASMEDGE alone if it is set, else what is on the PATH or where the official installer puts it. */
async function candidates(): Promise<string[]> {
  const file = named();
  if (file === undefined) return [...(await onPath('wasmedge')), ...(await existing([officialPlace()]))];
  const [found] = await existing([file]);
  if (found === undefined) throw new SetupError(`WASMEDGE is ${file}, but there is no such executable.`);
  return [found];
}

/** What WASMEDGE names, unless that is this step's own product. */
function named(): string | undefined {
  const { WASMEDGE: file } = userEnvironment();
  return !file || file === parts.wasmedge ? undefined : file;
}

function officialPlace(): string {
  return path.join(homedir(), '.wasmedge/bin/wasmedge');
}

async function findInstalled(): Promise<{ fit?: FitWasmEdge; problems: string[] }> {
  const problems: string[] = [];
  for (const candidate of await candidates()) {
    const fit = await examine(candidate).catch((error: Error) => error.message);
    if (typeof fit !== 'string') return { fit, problems };
    problems.push(fit);
  }
  // One that was named is not passed over in silence.
  if (named() !== undefined) throw new SetupError(`WASMEDGE: ${problems.join('; ')}`);
  return { problems };
}

async function lacks(): Promise<string[]> {
  const { fit, problems } = await findInstalled();
  if (fit !== undefined) return lacking('cc');
  if (await hasDebianPackages()) return lacking('cc');
  const { MIN_RUNTIME_VERSION } = await import('@app/wasmedge-node');
  const none = problems.length === 0 ? 'there is none' : problems.join('; ');
  return [
    `WasmEdge ${MIN_RUNTIME_VERSION} or newer, with its headers, is needed (${none}), and this machine has no packages of Debian's to bring it from: install it (${INSTALL}), or set WASMEDGE to the path of a wasmedge executable`,
  ];
}

async function examine(executable: string): Promise<FitWasmEdge> {
  const { findRuntime, isAotOn } = await import('@app/wasmedge-node');
  const runtime = await findRuntime(executable);
  if (!(await isAotOn(runtime))) throw new Error(`${executable} does not run compiled code.`);
  const [real] = await identity(executable);
  const include = path.resolve(real, '../../include');
  if (!existsSync(path.join(include, 'wasmedge/wasmedge.h'))) {
    throw new Error(`${executable} has no header ${include}/wasmedge/wasmedge.h beside it.`);
  }
  return { executable, include, version: runtime.version };
}
