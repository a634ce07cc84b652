import { run } from './command.js';

/** The part of `cargo metadata` that is used here (https://doc.rust-lang.org/cargo/commands/cargo-metadata.html). */
async function metadataSchema() {
  const { z } = await import('zod'); // When all is done no metadata are read: then it need not be loaded.
  const target = z.object({ name: z.string(), kind: z.array(z.string()) });
  return z.object({
    target_directory: z.string(),
    packages: z.array(z.object({ name: z.string(), targets: z.array(target) })),
  });
}

/** The targets of one kind (`bin`, `cdylib`) of a Cargo workspace, and the folder that they are built in. */
export async function cargoTargets(
  workspace: string,
  kind: string,
  signal: AbortSignal,
): Promise<{ targetFolder: string; targets: { name: string; package: string }[] }> {
  const args = ['metadata', '--no-deps', '--format-version', '1'];
  const schema = await metadataSchema();
  const metadata = schema.parse(JSON.parse(await run('cargo', args, { cwd: workspace, signal })));
  const targets = metadata.packages.flatMap((entry) =>
    entry.targets
      .filter((target) => target.kind.includes(kind))
      .map((target) => ({ name: target.name, package: entry.name })),
  );
  return { targetFolder: metadata.target_directory, targets };
}

/**
 * Builds a workspace as its lock file says, and reports the crates as they are compiled.
 *
 * @param options `profile`: the arguments that choose one, if it is not that of a release
 */
export async function cargoBuild(
  workspace: string,
  args: readonly string[],
  options: {
    env?: Record<string, string>;
    signal: AbortSignal;
    report: (progress: string) => void;
    profile?: readonly string[];
  },
): Promise<void> {
  const { report, profile = ['--release'], ...rest } = options;
  await run('cargo', ['build', ...profile, '--locked', ...args], {
    cwd: workspace,
    ...rest,
    onLine: (line) => {
      const [, crate] = /^\s*Compiling (\S+)/.exec(line) ?? [];
      if (crate !== undefined) report(`compiling ${crate}`);
    },
  });
}
