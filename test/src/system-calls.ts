import assert from 'node:assert/strict';
import { constants } from 'node:os';

const { SIGKILL } = constants.signals;

/** Numbers of system calls: x86_64's in asm/unistd_64.h, aarch64's in asm-generic/unistd.h. */
const numbers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: {
    read: 0,
    write: 1,
    mmap: 9,
    mprotect: 10,
    ioctl: 16,
    dup: 32,
    getpid: 39,
    socket: 41,
    sendto: 44,
    shutdown: 48,
    clone: 56,
    execve: 59,
    kill: 62,
    fcntl: 72,
    ptrace: 101,
    setuid: 105,
    prctl: 157,
    mount: 165,
    tgkill: 234,
    openat: 257,
    newfstatat: 262,
    unlinkat: 263,
    unshare: 272,
    perf_event_open: 298,
    prlimit64: 302,
    process_vm_readv: 310,
    seccomp: 317,
    memfd_create: 319,
    bpf: 321,
    userfaultfd: 323,
  },
  arm64: {
    dup: 23,
    fcntl: 25,
    ioctl: 29,
    unlinkat: 35,
    mount: 40,
    openat: 56,
    read: 63,
    write: 64,
    newfstatat: 79,
    unshare: 97,
    ptrace: 117,
    kill: 129,
    tgkill: 131,
    setuid: 146,
    prctl: 167,
    getpid: 172,
    socket: 198,
    sendto: 206,
    shutdown: 210,
    clone: 220,
    execve: 221,
    mmap: 222,
    mprotect: 226,
    perf_event_open: 241,
    prlimit64: 261,
    process_vm_readv: 270,
    seccomp: 277,
    memfd_create: 279,
    bpf: 280,
    userfaultfd: 282,
  },
};

/** These have one number everywhere. */
const everywhere: Readonly<Record<string, number>> = {
  io_uring_setup: 425,
  pidfd_open: 434,
  clone3: 435,
  pidfd_getfd: 438,
};

/** The number of a system call on this machine. */
export function systemCall(name: string): number {
  return numbers[process.arch]?.[name] ?? everywhere[name] ?? assert.fail(`${name} on ${process.arch}`);
}

/** A request to the guest `escape` to make a call with numbers, or with the address of a path in their place. */
export function callRequest(name: string, args: readonly (number | string)[]): string {
  const place = args.findIndex((argument) => typeof argument === 'string');
  if (place === -1) return ['call', systemCall(name), ...args].join(' ');
  return ['call-path', systemCall(name), place, args[place], ...args.toSpliced(place, 1)].join(' ');
}

const PROT_READ_EXEC = 5;
const PROT_READ_WRITE = 3;
const MAP_SHARED_ANONYMOUS = 0x21;
const MAP_PRIVATE = 2;
const AT_FDCWD = -100;

/**
 * What a fork must not do, as calls that would work, or say why not, without the list of system calls. `victim` is
 * the pid of another process of the same user.
 */
export function forbiddenCalls(victim: number): readonly (readonly [string, ...(number | string)[]])[] {
  return [
    ['socket', 1, 1, 0],
    ['socket', 2, 1, 0],
    ['sendto', 0, 0, 0, 0, 0, 0],
    ['shutdown', 0, 2],
    ['clone', 17, 0, 0, 0, 0],
    ['clone3', 0, 0],
    ['execve', '/bin/true', 0, 0],
    ['unshare', 0x10000000],
    ['openat', AT_FDCWD, '/etc/hostname', 0],
    ['newfstatat', AT_FDCWD, '/etc/hostname', 0, 0],
    ['unlinkat', AT_FDCWD, '/no/such/file', 0],
    ['memfd_create', 'name', 0],
    ['mount', 0, 0, 0, 0, 0],
    ['dup', 0],
    ['fcntl', 0, 0, 0],
    ['fcntl', 0, 8, victim],
    ['fcntl', 3, 3, 0],
    ['ioctl', 0, 0x5401, 0],
    ['read', 3, 0, 0],
    ['write', 3, 0, 0],
    ['kill', victim, 0],
    ['kill', victim, SIGKILL],
    ['tgkill', victim, victim, SIGKILL],
    ['pidfd_open', victim, 0],
    ['pidfd_getfd', 3, 0, 0],
    ['ptrace', 16, victim, 0, 0],
    ['process_vm_readv', victim, 0, 0, 0, 0, 0],
    ['prlimit64', victim, 0, 0, 0],
    ['prctl', 4, 1, 0, 0, 0],
    ['setuid', 0],
    ['seccomp', 0, 0, 0],
    ['bpf', 0, 0, 0],
    ['perf_event_open', 0, 0, 0, 0, 0],
    ['userfaultfd', 0],
    ['io_uring_setup', 1, 0],
    ['mmap', 0, 4096, PROT_READ_EXEC, MAP_PRIVATE | 0x20, -1, 0],
    ['mmap', 0, 4096, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0],
    ['mmap', 0, 4096, PROT_READ_WRITE, MAP_PRIVATE, 0, 0],
    ['mprotect', 0, 4096, PROT_READ_EXEC],
  ];
}
