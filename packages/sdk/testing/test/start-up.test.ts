import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Says which files a program loads, one a line. */
const hooks = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(1, url + '\\n');
    return next(url, context);
  }
`;

const program = `
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(process.argv[1]));
  const { TestWorkflowEnvironment } = await import('@perdure/testing');
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  await env.teardown();
`;

/** What other environments load, and this one has no use for. */
const unwanted = [
  '@hono/node-server',
  'hono',
  'bullmq',
  'drizzle-orm',
  'esbuild',
  'ioredis',
  'pino',
  'postgres',
  'broker-bullmq',
  'embedded',
  'sandbox',
  'store-postgres',
  'worker',
];

test('a time-skipping environment loads nothing that it does not use', { timeout: 60_000 }, () => {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const args = ['--input-type=module', '--eval', program, hooks];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const loaded = stdout.split('\n').filter((url) => url.startsWith('file:'));
  expect(loaded.some((url) => url.includes('/data-plane/'))).toBe(true);
  const found = unwanted.filter((name) => loaded.some((url) => url.includes(`/${name}/`)));
  expect(found).toEqual([]);
});
