import { checkBadInput } from './bad-input.js';
import { checkCases, readCases } from './cases.js';
import { checkManyRequests } from './figures.js';
import type { Finding, Report } from './finding.js';
import { openSubject } from './subject.js';

/**
 * Checks a function, or a module that is none yet, in all that its service expects of it.
 *
 * @param named a function's name, or the path of a module
 * @param report takes each finding when it is there
 * @returns all findings
 */
export async function checkFunction(named: string, report: Report): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add: Report = (finding) => {
    findings.push(finding);
    report(finding);
  };
  const subject = await openSubject(named).catch((error: unknown) => {
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
  if (subject === undefined) return findings;
  try {
    const detail = `imports allowed, a ${subject.kind} function, compiled`;
    add({ what: 'module', ok: true, detail });
    const cases = await readCases(subject.cases);
    await checkCases(subject, cases, add);
    await checkBadInput(subject, cases, add);
    await checkManyRequests(subject, cases, add);
    return findings;
  } finally {
    await subject.close();
  }
}
