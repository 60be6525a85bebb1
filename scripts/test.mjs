/**
 * `npm test`: gets everything ready, runs the tests, and ends with one line that a machine can
 * read: `N passed, N failed` (and `, N skipped` if there were any).
 *
 * Arguments go to vitest: `npm test -- packages/server/engine -t 'fires a timer'`.
 * The exit code is 0 only if at least one test ran and none failed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { orExplain, ready, root, run, say } from './ready.mjs';
import { ensureRedis } from './redis.mjs';

await orExplain(async () => {
  await ready();
  await ensureRedis();
});

const { exitCode, counts } = await runVitest(process.argv.slice(2));
if (counts.failed === 0 && exitCode !== 0) counts.failed = 1;
if (counts.failed + counts.passed === 0) say('No test ran.');
console.log(summary(counts));
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

/** Runs vitest with its usual output, and a second reporter that counts. */
async function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-test-'));
  const file = join(folder, 'counts.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./scripts/count-reporter.mjs'];
  try {
    const exitCode = await run(process.execPath, [vitest, 'run', ...reporters, ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PERDURE_TEST_COUNTS: file },
    });
    return { exitCode, counts: readCounts(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All zero when vitest ended before it could report. */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function summary({ passed, failed, skipped }) {
  const counted = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${counted}, ${skipped} skipped` : counted;
}
