import path from 'node:path';
import { run } from './command.js';
import { npmPackage } from './npm-package.js';
import type { Step } from './step.js';

const source = npmPackage('test/newest-node');

/** The newest Node with long-term support, which one test runs everything under. */
export const newestNode: Step = {
  name: 'newest-node',
  needs: [],
  seconds: 5,
  inputs: async () => [process.platform, process.arch, await source.inputs()],
  lacks: async () => [],
  make: async (work) => {
    work.report('downloading it');
    await source.install(work);
    return `Node ${await run(path.join(work.product, 'node_modules/.bin/node'), ['--version'])}`;
  },
};
