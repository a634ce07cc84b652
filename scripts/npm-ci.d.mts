/** Arguments of npm that install all that a lock file says. */
export const npmCi: readonly string[];
