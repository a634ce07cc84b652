import { type Entry, LEVELS, type Source } from './entry.js';

/** Lines that a terminal shows only with --verbose. */
interface HiddenLines {
  readonly from: Source;
  /** The level up to which they are. */
  readonly level: number;
  readonly message: RegExp;
  /** Whom they concern, or why nobody. */
  readonly why: string;
}

const { info, warning } = LEVELS;

/** All that is hidden; any other line is shown. */
const HIDDEN_LINES: readonly HiddenLines[] = [
  {
    from: 'app',
    level: info,
    message: /^(function ready|listening)$/,
    why: 'The launcher says itself when all are ready, and where.',
  },
  {
    from: 'app',
    level: info,
    message: /^stopp(ing|ed)$/,
    why: 'Whoever stopped them knows; the launcher says when a process ends that nobody stopped.',
  },
  {
    from: 'daprd',
    level: info,
    message: /^/,
    why: 'Some sixty lines at each start of each sidecar, in which all goes well.',
  },
  {
    from: 'daprd',
    level: warning,
    message: /^mTLS is disabled\. /,
    why: 'On one machine, with all on loopback, there is no sentry who would issue certificates.',
  },
  {
    from: 'daprd',
    level: warning,
    message: /^Actor runtime disabled: .*placement service is not configured/,
    why: 'Who needs actors names a placement service in the run file.',
  },
  {
    from: 'daprd',
    level: warning,
    message: /^No scheduler host addresses provided\. /,
    why: 'Who needs jobs names a scheduler in the run file.',
  },
  {
    from: 'daprd',
    level: warning,
    message: /^The default value for 'spec\.metric\.http\.increasedCardinality' will change/,
    why: 'Said even if metrics are off, and of a release that has long been.',
  },
];

/** Whether a line is in the table above. */
export function isHidden(from: Source, { level, msg }: Entry): boolean {
  return HIDDEN_LINES.some((row) => row.from === from && level <= row.level && row.message.test(msg));
}
