import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ask, run } from '../setup/command.js';
import type { Step, Work } from '../setup/step.js';
import { onPath } from '../setup/tools.js';

/** What a node runs beside Kubernetes. */
const PACKAGES = [
  ...['containerd', 'runc', 'containernetworking-plugins', 'etcd-server'],
  ...['iptables', 'nftables', 'conntrack', 'ethtool', 'socat'],
];

/**
 * Debian's packages of a node with all that they need and that is not installed: unpacked into `usr/`, not installed. They
 * are the newest ones of the machine's own release, because Debian's mirrors keep no others; apt checks their signatures.
 */
export const debianPackages: Step = {
  name: 'debian-packages',
  needs: [],
  seconds: 30,
  // What is installed decides on what is missing.
  inputs: async () => [PACKAGES, await ask('dpkg-query', '--show').catch(() => '')],
  lacks: async () => {
    const programs = await Promise.all(['apt-get', 'dpkg'].map(onPath));
    return programs.every(({ length }) => length > 0)
      ? []
      : ['containerd, runc, etcd and the CNI plug-ins come from Debian: run it on Debian (or Ubuntu)'];
  },
  make,
};

async function make({ product, signal, report }: Work): Promise<string> {
  const apt = path.join(product, 'apt');
  const unpacked = path.join(product, 'unpacked');
  for (const name of ['lists/partial', 'archives/partial'])
    await mkdir(path.join(apt, name), { recursive: true });
  // The machine's own sources and installed packages, but nothing of it is written to.
  const settings = {
    'Dir::State::lists': path.join(apt, 'lists'),
    'Dir::Cache': apt,
    'APT::Sandbox::User': '',
    'Acquire::Retries': '3',
    'Acquire::Languages': 'none',
    'Debug::NoLocking': 'true',
  };
  const file = path.join(apt, 'apt.conf');
  await writeFile(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  );
  const options = { env: { APT_CONFIG: file }, signal };
  report('reading the package lists');
  await run('apt-get', ['update'], options);
  report('downloading the packages');
  const download = ['install', '--yes', '--no-install-recommends', '--download-only'];
  await run('apt-get', [...download, ...PACKAGES], options);
  report('unpacking');
  await mkdir(path.join(product, 'usr'));
  const archives = path.join(apt, 'archives');
  const packages = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  for (const name of packages) await run('dpkg', ['-x', path.join(archives, name), unpacked], { signal });
  // Some packages still have /lib and /sbin, which are links into /usr.
  for (const folder of await readdir(unpacked))
    if (folder === 'usr') await cp(path.join(unpacked, folder), path.join(product, 'usr'), COPY);
    else if (/^(lib|s?bin)/.test(folder))
      await cp(path.join(unpacked, folder), path.join(product, 'usr', folder), COPY);
  await linkIptables(path.join(product, 'usr/sbin'));
  for (const folder of [apt, unpacked, path.join(product, 'usr/share')])
    await rm(folder, { recursive: true, force: true });
  return `${packages.length} packages of ${await release()}`;
}

const COPY = { recursive: true, verbatimSymlinks: true } as const;

/** Does what `update-alternatives` would, had the package been installed. */
async function linkIptables(folder: string): Promise<void> {
  if (!existsSync(path.join(folder, 'xtables-nft-multi'))) return; // iptables is installed.
  for (const name of ['iptables', 'ip6tables'])
    for (const verb of ['', '-save', '-restore'])
      await symlink('xtables-nft-multi', path.join(folder, name + verb));
}

async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8');
  return /^PRETTY_NAME="(.+)"$/m.exec(text)?.[1] ?? 'this release';
}
