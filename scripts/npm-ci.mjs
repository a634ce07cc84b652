/**
 * Arguments of npm that install what a lock file says, all of it: TypeScript is a devDependency, and NODE_ENV=production, or the
 * user's settings, would leave it out.
 */
export const npmCi = [
  'ci',
  ...['dev', 'optional', 'peer'].map((kind) => `--include=${kind}`),
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
];
