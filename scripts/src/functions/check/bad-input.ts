import { randomBytes } from 'node:crypto';
import type { Case } from './cases.js';
import type { Report } from './finding.js';
import { describe, outcomeOf, poolOf } from './pool.js';
import type { Subject } from './subject.js';

/** A function may fail on what it is sent, but must not break. */
const BROKEN = ['ERR_FUNCTION_TRAPPED', 'ERR_FUNCTION_TIMEOUT', 'ERR_FUNCTION_UNAVAILABLE'];

/** At which parts of its length an input is cut off. */
const CUTS = [0.01, 0.25, 0.5, 0.75, 0.99];

/** Sends nothing, as much as may be, and each case's input cut off: each must have a result, a refusal or a failure. */
export async function checkBadInput(subject: Subject, cases: readonly Case[], report: Report): Promise<void> {
  const inputs: { what: string; bytes: Uint8Array }[] = [
    { what: 'an empty input', bytes: Buffer.alloc(0) },
    {
      what: `an input of ${subject.limits.inputBytes} random bytes`,
      bytes: randomBytes(subject.limits.inputBytes),
    },
    ...cases.flatMap(({ name, input }) =>
      CUTS.map((part) => ({
        what: `the input of case ${name}, cut off at ${part * 100} %`,
        bytes: input.subarray(0, Math.round(input.length * part)),
      })),
    ),
  ];
  const pool = await poolOf(subject);
  try {
    for (const { what, bytes } of inputs) {
      const outcome = await outcomeOf(pool, bytes);
      const ok = outcome.code === undefined || !BROKEN.includes(outcome.code);
      const detail = describe(outcome);
      report(
        ok
          ? { what, ok, detail }
          : {
              what,
              ok,
              detail,
              remedy:
                'what it cannot use a function refuses: a line on stderr and exit code 1; a trap is answered 500',
            },
      );
    }
  } finally {
    await pool.close();
  }
}
