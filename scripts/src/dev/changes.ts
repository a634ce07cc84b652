import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { asideFolder } from '../functions/aside.js';
import { NOT_SOURCES } from '../functions/own-files.js';

/** Editors and Git write several files, some of them twice: when nothing has changed for so long, ms, they are done. */
const SETTLE_MS = 60;

/** … but a file that is written all the time keeps nobody waiting longer than this, ms. */
const MAX_SETTLE_MS = 1000;

/** Files that changed together. */
export interface Change {
  /** Absolute paths of what was written, made or removed. */
  readonly files: ReadonlySet<string>;
  /** When the first of it was seen, as `performance.now()` has it. */
  readonly at: number;
}

/**
 * Watches files and folders, with all in them but what is built.
 *
 * @param places absolute paths, of which some need not exist
 * @param onChange called when what has changed is at rest
 */
export async function watchPlaces(
  places: readonly string[],
  onChange: (change: Change) => void,
): Promise<{ close(): Promise<void> }> {
  let files = new Set<string>();
  let at = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    const change = { files, at };
    files = new Set();
    timer = undefined;
    onChange(change);
  };
  const watcher: FSWatcher = watch([...places], {
    ignoreInitial: true,
    ignored: (file) =>
      !places.includes(file) &&
      (NOT_SOURCES.has(path.basename(file)) || file === asideFolder || isTemporary(file)),
  });
  watcher.on('all', (_event, file) => {
    if (files.size === 0) at = performance.now();
    files.add(file);
    clearTimeout(timer);
    const left = MAX_SETTLE_MS - (performance.now() - at);
    timer = setTimeout(flush, Math.max(0, Math.min(SETTLE_MS, left)));
  });
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return {
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

/** Files that editors make beside the one that is edited: of vim, Emacs and others. */
function isTemporary(file: string): boolean {
  return /(^\.#|^#.*#$|~$|\.sw[a-z]$|^4913$|\.tmp$)/.test(path.basename(file));
}
