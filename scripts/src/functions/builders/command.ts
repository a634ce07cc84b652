import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../setup/command.js';
import { SetupError } from '../../setup/errors.js';
import { ownFiles } from '../own-files.js';
import type { Builder } from './builder.js';

/** A module that a command makes, which is run in the function's folder. */
export function command(build: { readonly run: readonly string[]; readonly wasm: string }): Builder {
  const [program = '', ...args] = build.run;
  return {
    lacks: async () => [], // The command says so itself.
    sources: async (described) => {
      const made = path.join(described.folder, build.wasm);
      return (await ownFiles(described)).filter((file) => file !== made);
    },
    build: async ({ folder }, { signal, report }) => {
      const wasm = path.join(folder, build.wasm);
      await run(program, args, {
        cwd: folder,
        signal,
        onLine: (line) => report(line.trim()),
      });
      const made = await realpath(wasm).catch(() => undefined);
      if (made === undefined)
        throw new SetupError(
          `\`${build.run.join(' ')}\` has not written ${wasm}: correct the command, or build.wasm in function.yaml.`,
        );
      if (!made.startsWith(`${await realpath(folder)}${path.sep}`))
        throw new SetupError(
          `\`${build.run.join(' ')}\` has made ${wasm} a link to ${made}, outside of the function's folder: let it write a file.`,
        );
      return wasm;
    },
    seconds: 28,
  };
}
