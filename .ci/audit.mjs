// Asks for known vulnerabilities in what runs in production, npm packages and crates. One of high severity fails.
// Where there is nobody to ask (a registry without advisories, no cargo-audit, no network) it says so, and does not
// claim that there are none.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');

/** The lock files of all Rust that runs in production: those of the functions, their template, kit and JavaScript engine, and of the plug-ins. */
const CARGO_LOCKS = spawnSync(
  'git',
  [
    'ls-files',
    'functions/*Cargo.lock',
    'templates/*Cargo.lock',
    'function-kit/Cargo.lock',
    'javascript-engine/Cargo.lock',
    'wasmedge-node/Cargo.lock',
  ],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .stdout.trim()
  .split('\n');

/** What a command writes as JSON; with no such output, what it complains of. */
function ask(command, args) {
  const { stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  try {
    return { report: JSON.parse(stdout) };
  } catch {
    const lines = (error?.message ?? stderr).trim().split('\n');
    const complaint = lines.find((line) => line.startsWith('error')) ?? lines.at(-1);
    return { complaint };
  }
}

function notAsked(what, why, command) {
  console.warn(`NOT AUDITED: ${what}: ${why}. Run where advisories can be reached: ${command}`);
}

/** @returns how many findings there are that must not be there */
function auditPackages() {
  const { report, complaint } = ask('npm', ['audit', '--omit=dev', '--json']);
  const counts = report?.metadata?.vulnerabilities;
  if (counts === undefined) {
    notAsked('npm packages', report?.message ?? complaint, 'npm audit --omit=dev');
    return 0;
  }
  const { low, moderate, high, critical } = counts;
  console.log(`npm packages: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low`);
  return high + critical;
}

/** @returns how many findings there are that must not be there: RustSec tells no severity of many, so all count */
function auditCrates(file) {
  const { report, complaint } = ask('cargo', ['audit', '--json', '--file', file]);
  const found = report?.vulnerabilities?.count;
  if (found === undefined) {
    notAsked(file, report?.message ?? complaint, `cargo install cargo-audit && cargo audit --file ${file}`);
    return 0;
  }
  console.log(`${file}: ${found}`);
  return found;
}

const findings = [auditPackages(), ...CARGO_LOCKS.map(auditCrates)].reduce((sum, count) => sum + count);
if (findings > 0) {
  console.error('There are known vulnerabilities: `npm audit --omit=dev` and `cargo audit` say which.');
  process.exitCode = 1;
}
