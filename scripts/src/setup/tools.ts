import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { ask } from './command.js';
import { writtenVersion } from './written-version.js';

/** A command that set-up runs and that the machine has to have. */
interface Tool {
  /** How to get it. */
  readonly remedy: string;
  /** What makes it say its version, where that is not `--version`. */
  readonly versionArgument?: string;
  /** The oldest version that will do, as the sources say that it builds. */
  readonly oldest?: () => Promise<string>;
  /** What it has to be able to do, and the remedy if it cannot. */
  readonly ability?: { readonly args: readonly string[]; readonly name: string; readonly remedy: string };
}

const TOOLS = {
  cargo: {
    remedy: 'install Rust with rustup (https://rustup.rs), or `rustup update`',
    oldest: () => writtenVersion('function-kit/Cargo.toml', /^rust-version = "(.+)"$/m),
  },
  go: {
    remedy: 'install Go (https://go.dev/dl), or Dapr itself (https://docs.dapr.io/getting-started)',
    versionArgument: 'version',
    oldest: () => writtenVersion('daprd/go.mod', /^go (.+)$/m),
  },
  python3: {
    remedy: 'install Python 3 (Debian, Ubuntu: apt-get install python3 python3-pip)',
    ability: {
      args: ['-m', 'pip', '--version'],
      name: 'pip',
      remedy: 'install it (Debian, Ubuntu: apt-get install python3-pip; elsewhere: python3 -m ensurepip)',
    },
  },
  cc: { remedy: 'install a C compiler (Debian, Ubuntu: apt-get install gcc libc6-dev)' },
} as const satisfies Record<string, Tool>;

/** The name of a command that set-up runs. */
export type ToolName = keyof typeof TOOLS;

/** The files of this name in the folders of PATH, best first. */
export async function onPath(name: string): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return existing([...new Set(folders)].map((folder) => path.join(folder, name)));
}

/** Those of the files that can be executed. */
export async function existing(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map((file) =>
      access(file, constants.X_OK).then(
        () => [file],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/** Which of these commands the machine lacks, or has too old: a sentence each, with the remedy. */
export async function lacking(...names: readonly ToolName[]): Promise<string[]> {
  const problems = await Promise.all(names.map(problemOf));
  return problems.filter((problem) => problem !== undefined);
}

/** What a command is, in a line: its version and place, or why it will not do. */
export async function describeTool(name: ToolName): Promise<string> {
  const problem = await problemOf(name);
  if (problem !== undefined) return problem;
  const [file = name] = await onPath(name);
  const said = await askVersion(name, file);
  return `${said.split('\n')[0]} at ${file}`;
}

/** The commands that set-up runs. */
export const toolNames = Object.keys(TOOLS).filter((name): name is ToolName => name in TOOLS);

function askVersion(name: ToolName, file: string): Promise<string> {
  const { versionArgument = '--version' }: Tool = TOOLS[name];
  return ask(file, versionArgument);
}

async function problemOf(name: ToolName): Promise<string | undefined> {
  const { remedy, oldest, ability }: Tool = TOOLS[name];
  const [file] = await onPath(name);
  const least = await oldest?.();
  const wanted = least === undefined ? name : `${name} ${least} or newer`;
  if (file === undefined) return `${wanted} is not on the PATH: ${remedy}`;
  if (least !== undefined) {
    const said = await askVersion(name, file).catch((error: Error) => error.message);
    const [version] = /\d+(\.\d+)+/.exec(said) ?? [];
    if (version === undefined) return `${wanted} is needed, and ${file} says "${said}": ${remedy}`;
    if (version.localeCompare(least, 'en', { numeric: true }) < 0)
      return `${wanted} is needed, and ${file} is ${version}: ${remedy}`;
  }
  if (ability !== undefined && (await ask(file, ...ability.args).catch(() => undefined)) === undefined)
    return `${file} has no ${ability.name}: ${ability.remedy}`;
  return undefined;
}
