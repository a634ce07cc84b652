import path from 'node:path';
import { root } from '../paths.js';
import { run } from '../setup/command.js';
import { hashOfFiles } from '../setup/fingerprints.js';
import type { Step } from '../setup/step.js';
import { onPath } from '../setup/tools.js';

const SCRIPT = path.join(root, 'test/cluster/keys.sh');
const ADDRESSES = path.join(root, 'test/cluster/addresses.sh');

/** The cluster's keys, certificates and kubeconfigs, made once. */
export const keys: Step = {
  name: 'keys',
  needs: [],
  seconds: 2,
  inputs: () => hashOfFiles(root, [SCRIPT, ADDRESSES]),
  lacks: async () =>
    (await onPath('openssl')).length > 0 ? [] : ['openssl is not on the PATH: apt-get install openssl'],
  make: async ({ product, signal }) => {
    await run(SCRIPT, [], { cwd: product, signal });
    return 'good for ten years';
  },
};
