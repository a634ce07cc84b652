import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processors } from './processors.js';

/** What is counted where these files are, and no others. */
function counted(available: number, files: Record<string, string>): number {
  const read = (file: string) => {
    const text = files[file];
    if (text === undefined) throw Object.assign(new Error(file), { code: 'ENOENT' });
    return text;
  };
  return processors({ available, read });
}

const V2 = { '/proc/self/cgroup': '0::/\n' };
const V1 = { '/proc/self/cgroup': '5:memory:/kube/pod\n4:cpu,cpuacct:/kube/pod\n1:name=systemd:/\n0::/\n' };

test('without a quota it is the processors that the process may run on', () => {
  assert.equal(counted(8, {}), 8);
  assert.equal(counted(8, { ...V2, '/sys/fs/cgroup/cpu.max': 'max 100000\n' }), 8);
  const none = { '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n' };
  assert.equal(counted(8, { ...V1, ...none, '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n' }), 8);
});

test('a quota counts, rounded up, and never more than there are', () => {
  const withQuota = (quota: string) => counted(8, { ...V2, '/sys/fs/cgroup/cpu.max': quota });
  assert.equal(withQuota('200000 100000\n'), 2);
  assert.equal(withQuota('150000 100000\n'), 2);
  assert.equal(withQuota('10000 100000\n'), 1);
  assert.equal(withQuota('9000000 100000\n'), 8);
});

test('it counts with version 1, too, where the mount is the container’s own group or the machine’s', () => {
  const quota = (folder: string, of: string) => ({
    [`/sys/fs/cgroup/cpu,cpuacct${folder}/cpu.cfs_quota_us`]: of,
    [`/sys/fs/cgroup/cpu,cpuacct${folder}/cpu.cfs_period_us`]: '100000\n',
  });
  assert.equal(counted(8, { ...V1, ...quota('', '300000\n') }), 3);
  assert.equal(counted(8, { ...V1, ...quota('', '-1\n'), ...quota('/kube/pod', '100000\n') }), 1);
});

test('of a group within a group the smallest quota counts', () => {
  const nested = { '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n' };
  assert.equal(counted(8, { ...nested, '/sys/fs/cgroup/a/cpu.max': '400000 100000\n' }), 4);
});

test('files that say something else are no quota', () => {
  for (const text of ['', 'x y', '0 100000', '100000', '100000 0'])
    assert.equal(counted(8, { ...V2, '/sys/fs/cgroup/cpu.max': text }), 8, text);
});

test('this machine has at least one', () => {
  assert.ok(processors() >= 1);
});
