import { checkBadInput } from './bad-input.js';
import { checkCases, readCases } from './cases.js';
import { checkManyRequests } from './figures.js';
import type { Finding, Report } from './finding.js';
import { checkReuse } from './reuse.js';
import { openSubject } from './subject.js';

/**
 * Checks a function, or a module that is none yet, in all that its service expects of it.
 *
 * @param named a function's name, or the path of a module
 * @param report takes each finding when it is there
 * @param progress gets what goes on: `out` how far the build is, `built` that it is done, `doing` what is looked at
 * @returns all findings
 */
export async function checkFunction(
  named: string,
  report: Report,
  progress: { out: NodeJS.WriteStream; built(): void; doing(what: string): void },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add: Report = (finding) => {
    findings.push(finding);
    report(finding);
  };
  const subject = await openSubject(named, progress.out).catch((error: unknown) => {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    add({
      what: 'module',
      ok: false,
      detail: error.message,
      remedy:
        error.code === 'ERR_FUNCTION_IMPORTS'
          ? 'build it for wasm32-wasip1 (preview 1) without what needs these: a function has neither network nor threads'
          : 'mend that, then check again',
    });
  });
  progress.built();
  if (subject === undefined) return findings;
  try {
    const detail = `imports allowed, a ${subject.kind} function, compiled`;
    add({ what: 'module', ok: true, detail });
    const cases = await readCases(subject.cases);
    progress.doing('its cases, compiled and interpreted');
    await checkCases(subject, cases, add);
    progress.doing('bad input');
    await checkBadInput(subject, cases, add);
    progress.doing('start, and many requests');
    await checkManyRequests(subject, cases, add);
    if (subject.requestsPerInstance > 1) {
      progress.doing('an instance that is used again');
      await checkReuse(subject, cases, add);
    }
    return findings;
  } finally {
    await subject.close();
  }
}
