/**
 * Sees to it that the tests have a Redis to talk to. They start private servers of their own, so
 * what is needed is the `redis-server` program (or REDIS_URL), never a running service.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError, run, say } from './ready.mjs';

/** Debian's switch that keeps package scripts from starting services. */
const servicePolicy = '/usr/sbin/policy-rc.d';

/**
 * Returns when `redis-server` is on the PATH or REDIS_URL is set; on Debian and its relatives, as
 * root, installs it first, without starting the service.
 *
 * @throws {SetupError} elsewhere, with what to install
 */
export async function ensureRedis() {
  if (process.env.REDIS_URL || isOnPath('redis-server')) return;
  if (isOnPath('apt-get') && process.getuid?.() === 0) await installFromDebian();
  if (isOnPath('redis-server')) return;
  throw new SetupError(
    'The tests need Redis: install redis-server (Debian: sudo apt-get install redis-server; ' +
      'macOS: brew install redis) or set REDIS_URL, then run the same command again.',
  );
}

async function installFromDebian() {
  say('Installing redis-server (apt-get) …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 'ignore', 2] };
  await withoutStartingServices(async () => {
    await run('apt-get', ['update', '-qq'], options);
    await run(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'],
      options,
    );
  });
}

async function withoutStartingServices(work) {
  if (existsSync(servicePolicy)) return work();
  writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(servicePolicy, { force: true });
  }
}

function isOnPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.some((folder) => existsSync(join(folder, program)));
}
