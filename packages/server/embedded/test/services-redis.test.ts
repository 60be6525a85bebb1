import { readFileSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { goneWithin, identify, processesIn } from '../src/services/process-identity.ts';
import { findRedisServer, startRedis, type RedisServer } from '../src/services/redis-server.ts';
import {
  cleanUp,
  newDataDirectory,
  ownerProgram,
  startOwner,
  temporaryDirectory,
} from './services-fixture.ts';

const running: RedisServer[] = [];
let program = '';

beforeAll(async () => {
  program = await ownerProgram(temporaryDirectory(), 'linked');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((redis) => redis.stop()));
});
afterAll(cleanUp);

async function start(options: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const redis = await startRedis(options);
  running.push(redis);
  return redis;
}

/** Sends inline commands and returns the replies once there are `lines` of them. */
function talk(url: string, commands: readonly string[], lines: number): Promise<string[]> {
  const { port, password } = new URL(url);
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(Number(port), '127.0.0.1');
    const all = password === '' ? commands : [`AUTH ${password}`, ...commands];
    socket.on('connect', () => socket.write(`${all.join('\r\n')}\r\n`));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard.split('\r\n')));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8');
      if (heard.split('\r\n').length > lines) socket.destroy();
    });
  });
}

describe.skipIf(findRedisServer() === undefined)('a private Redis (needs redis-server)', () => {
  it('answers with its password only, keeps nothing, and stops', async () => {
    const dir = newDataDirectory();
    const redis = await start({ dir });
    expect(await talk(redis.url, ['SET a 1', 'CONFIG GET hz', 'CONFIG GET save'], 12)).toEqual(
      '+OK +OK *2 $2 hz $3 100 *2 $4 save $0'.split(' ').concat('', ''),
    );
    expect(await talk(`redis://127.0.0.1:${redis.port}`, ['GET a'], 1)).toEqual([
      expect.stringContaining('NOAUTH'),
      '',
    ]);
    const { password } = new URL(redis.url);
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${redis.pid}/cmdline`, 'utf8')).not.toContain(password);
    }
    expect(readFileSync(redis.logFile, 'utf8')).not.toContain(password);
    expect(statSync(redis.logFile).mode & 0o777).toBe(0o600);
    await Promise.all([redis.stop(), redis.stop()]);
    expect(identify(redis.pid)).toBeUndefined();

    const next = await start({ dir, port: redis.port });
    expect(next.port).toBe(redis.port);
    expect(await talk(next.url, ['EXISTS a'], 2)).toEqual(['+OK', ':0', '']);
  });

  it('is killed, frozen or not, and started again', async () => {
    const dir = newDataDirectory();
    const redis = await start({ dir });
    await redis.kill();
    expect(identify(redis.pid)).toBeUndefined();
    const frozen = await start({ dir });
    process.kill(frozen.pid, 'SIGSTOP');
    await frozen.stop();
    expect(identify(frozen.pid)).toBeUndefined();
  });

  it('is refused to a second owner, and ends when its owner is killed', async () => {
    const dir = newDataDirectory();
    const owner = startOwner(program, { do: 'redis', dir });
    const { pid = 0 } = await owner.reply;
    await expect(startRedis({ dir })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      ownerPid: owner.pid,
    });
    const redis = identify(pid);
    expect(redis).toBeDefined();
    await owner.kill();
    expect(redis === undefined || (await goneWithin(redis, 10_000))).toBe(true);
  });

  it('left by an owner whose watcher died too is ended by the next start', async () => {
    const dir = newDataDirectory();
    const owner = startOwner(program, { do: 'redis', dir });
    const { pid = 0 } = await owner.reply;
    // Frozen, it cannot obey the watcher.
    process.kill(pid, 'SIGSTOP');
    await owner.kill();
    const redis = await start({ dir });
    expect(redis.pid).not.toBe(pid);
    const found = processesIn(join(dir, 'redis'), 'redis-server');
    expect(found.map((one) => one.pid)).toEqual([redis.pid]);
  });

  it('says when the wanted port is taken', async () => {
    const dir = newDataDirectory();
    const occupier = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await new Promise((resolve) => occupier.once('listening', resolve));
    const { port } = occupier.address() as { port: number };
    await expect(startRedis({ dir, port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`Port ${port} `),
    });
    await new Promise((resolve) => occupier.close(resolve));
    await start({ dir, port });
  });

  it('shares a data directory with nothing but its own role', async () => {
    const dir = newDataDirectory();
    const one = await start({ dir });
    const two = await start({ dir: newDataDirectory() });
    expect(one.port).not.toBe(two.port);
    await expect(startRedis({ dir })).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
  });
});

describe('without redis-server', () => {
  it('says how to get one', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = temporaryDirectory();
    try {
      expect(findRedisServer()).toBeUndefined();
      await expect(startRedis({ dir: newDataDirectory() })).rejects.toMatchObject({
        code: 'BINARIES_NOT_FOUND',
        message: expect.stringContaining('REDIS_URL'),
      });
    } finally {
      process.env['PATH'] = path;
    }
  });
});
