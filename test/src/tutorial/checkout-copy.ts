import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { folders, mounted, mounts } from '../mounts.js';
import { killGroup } from '../workshop.js';

/** Brings up the loopback interface, for which not every machine has `ip`: netdevice(7). */
const LOOPBACK_UP = `python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x49))'`;

/**
 * The checkout, with all that set-up has built, as one to work in: what is changed there is in memory, and seen by nobody
 * else. It has a network of its own, so every port is free.
 */
export async function copyOfCheckout(t: TestContext) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'checkout-copy-'));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const waiting = `${LOOPBACK_UP} && echo there && exec sleep infinity`;
  const inside = [...mounted(mounts.overlaid(folders.repository, scratch)), 'unshare', '--net'];
  const [command = '', ...args] = [...inside, 'sh', '-c', waiting];
  const keeper = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  t.after(() => killGroup(keeper.pid));
  await once(keeper.stdout, 'data');

  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  const enter = ['--target', String(keeper.pid), ...asRoot, '--mount', '--net'];
  /** Runs lines of a shell in its folder, as somebody at a terminal does. */
  const type = (lines: string) => {
    const script = `cd '${folders.repository}'\n${lines}`;
    const env = { LOG_FORMAT: 'pretty', TMPDIR: tmpdir() };
    const child = execa('nsenter', [...enter, 'sh', '-ec', script], {
      ...{ env, all: true, reject: false, detached: true, timeout: 120_000 },
    });
    t.after(() => killGroup(child.pid));
    return child;
  };
  const place = (file: string) => path.join(`/proc/${keeper.pid}/root`, folders.repository, file);
  return {
    type,
    read: (file: string) => readFile(place(file), 'utf8'),
    /** Writes a file as an editor does. */
    write: async (file: string, text: string) => {
      await mkdir(path.dirname(place(file)), { recursive: true });
      await writeFile(place(file), text);
    },
  };
}
