/**
 * `npm run verify`: every check but the tests, in one command, on a fresh clone too.
 *
 * The checks are the root tasks `check:*` of package.json. turbo runs them side by side and shows
 * the output of those that fail; one failure does not hide another.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orExplain, ready, root, run, say } from './ready.mjs';

await orExplain(() => ready({ build: false }));

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const checks = Object.keys(scripts).filter((name) => name.startsWith('check:'));
const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
const flags = [
  '--continue=always',
  '--output-logs=errors-only',
  '--log-order=grouped',
  '--env-mode=loose',
];
const exitCode = await run(process.execPath, [turbo, 'run', ...checks, ...flags], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
});
if (exitCode !== 0) say('To mend what can be mended by itself: npm run format, npm run lint:fix.');
process.exitCode = exitCode;
