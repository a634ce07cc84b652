/** The minor versions of Dapr that the application is made for, and tested with. */
const OLDEST = '1.16';
const NEWEST = '1.18';

/** What an installed daprd is good for. */
export type Fitness =
  | { readonly use: true; readonly tested: boolean }
  | { readonly use: false; readonly reason: string };

/**
 * Whether a daprd of this version is used: 1.16 to 1.18 are; a newer one is, too, but has not been tested; an older one, or
 * one that does not say what it is, is not.
 *
 * @param version what `daprd --version` prints
 */
export function fitness(version: string): Fitness {
  const [, minor] = /^v?(\d+\.\d+)\.\d+/.exec(version) ?? [];
  if (minor === undefined)
    return { use: false, reason: `says that its version is ${JSON.stringify(version)}` };
  if (compare(minor, OLDEST) < 0)
    return { use: false, reason: `is Dapr ${version}, and ${OLDEST} is the oldest that will do` };
  return { use: true, tested: compare(minor, NEWEST) <= 0 };
}

/** What to say of a Dapr that is newer than those tested; nothing of others. */
export function notTested(version: string): string {
  const fit = fitness(version);
  return fit.use && !fit.tested ? ` (newer than ${NEWEST}: not tested with this application)` : '';
}

function compare(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
