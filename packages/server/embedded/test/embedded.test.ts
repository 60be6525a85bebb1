import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { findRedisServer, readConnection, readOperatorToken } from '@perdure/embedded';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from '../src/services/data-directory.ts';
import { claimOwnership } from '../src/services/ownership.ts';
import { newTemporaryDataDir, removeAbandonedDataDirs } from '../src/temporary-data.ts';
import {
  cleanUp,
  mutate,
  newDataDir,
  query,
  start,
  startWorkflow,
  workflowIds,
} from './embedded-fixture.ts';

const timeout = 60_000;

afterEach(cleanUp, timeout);

describe('an embedded platform', { timeout }, () => {
  it('hands out the same access and holds the same data after a restart', async () => {
    const dataDir = newDataDir();
    const first = await start({ dataDir, namespace: 'orders' });
    expect((await startWorkflow(first, 'order-1')).status).toBe(200);
    await first.close();

    const second = await start({ dataDir, namespace: 'orders' });
    const { apiKey, keyring, operatorToken, namespace } = first;
    expect(second).toMatchObject({ apiKey, keyring, operatorToken, namespace });
    expect(await workflowIds(second)).toEqual(['order-1']);
  });

  it('keeps its secrets in files that only their owner reads', async () => {
    const dataDir = newDataDir();
    const { apiKey, address, keyring, operatorToken } = await start({ dataDir });
    for (const file of ['operator-token', 'api-keys.json', 'keyring.json', 'connection.json']) {
      expect(statSync(join(dataDir, file)).mode & 0o777, file).toBe(0o600);
    }
    expect(readConnection(dataDir)).toEqual({ address, apiKey, keyring, namespace: 'default' });
    expect(readOperatorToken(dataDir)).toBe(operatorToken);
  });

  it('lets the operator token and no API key into the control plane', async () => {
    const { address, operatorToken, apiKey } = await start({ ephemeral: true });
    const create = (token: string) =>
      mutate(address, token, 'control.createNamespace', { name: 'more' });
    expect((await create(apiKey)).status).toBe(403);
    expect((await create(operatorToken)).status).toBe(200);
    expect(
      (await query(address, operatorToken, 'control.listNamespaces', undefined)).data,
    ).toMatchObject([
      { name: 'default', sealed: true },
      { name: 'more', sealed: true },
    ]);
  });

  it('makes a new API key when the remembered one was revoked', async () => {
    const dataDir = newDataDir();
    const first = await start({ dataDir });
    const id = first.apiKey.split('_')[1];
    const { address, operatorToken } = first;
    await mutate(address, operatorToken, 'control.revokeApiKey', { namespace: 'default', id });
    await first.close();

    const second = await start({ dataDir });
    expect(second.apiKey).not.toBe(first.apiKey);
    expect(await workflowIds(second)).toEqual([]);
  });

  it('runs beside another one', async () => {
    const both = await Promise.all([
      start({ dataDir: newDataDir() }),
      start({ dataDir: newDataDir() }),
    ]);
    await Promise.all(both.map((platform, n) => startWorkflow(platform, `of-${n}`)));
    expect(await Promise.all(both.map(workflowIds))).toEqual([['of-0'], ['of-1']]);
  });

  it('uses a database that it is given, beside others', async () => {
    const owner = await start({ dataDir: newDataDir() });
    const guest = await start({
      dataDir: newDataDir(),
      databaseUrl: owner.postgres,
      broker: 'postgres',
    });
    expect(guest.postgres).toBe(owner.postgres);
    expect(guest.apiKey).not.toBe(owner.apiKey);
    await startWorkflow(guest, 'shared');
    expect(await workflowIds(owner)).toEqual(['shared']);
  });

  it('removes an ephemeral data directory', async () => {
    const platform = await start({ ephemeral: true, broker: 'postgres' });
    expect(platform.broker).toBe(platform.postgres);
    expect(readdirSync(platform.dataDir)).toContain('keyring.json');
    await platform.close();
    expect(existsSync(dirname(platform.dataDir))).toBe(false);
  });

  it('removes what a killed ephemeral platform left, and not what is in use', async () => {
    const [abandoned, used] = [newTemporaryDataDir(), newTemporaryDataDir()];
    openDataDirectory(abandoned);
    openDataDirectory(used);
    const claim = claimOwnership(used, 'platform');
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const dataDir of [abandoned, used]) utimesSync(dirname(dataDir), longAgo, longAgo);
    await removeAbandonedDataDirs();
    expect([abandoned, used].map((dataDir) => existsSync(dataDir))).toEqual([false, true]);
    claim.release();
    await removeAbandonedDataDirs();
    expect(existsSync(dirname(used))).toBe(false);
  });

  it('names a port that is taken, and starts nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const dataDir = newDataDir();
    await expect(start({ port, dataDir })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`Port ${port} of 127.0.0.1 is taken`) as string,
    });
    expect(existsSync(dataDir)).toBe(false);
    other.close();
  });

  it('refuses a database URL that is none, without quoting it', async () => {
    const attempt = start({ dataDir: newDataDir(), databaseUrl: 'mysql://me:secret@host/db' });
    await expect(attempt).rejects.toThrow(/DATABASE_URL must be a URL that begins with postgres:/);
    await expect(attempt).rejects.not.toThrow(/secret/);
  });

  it('logs no secret', async () => {
    const lines: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()),
    });
    const log = pino({ level: 'trace' }, stream);
    const platform = await start({ dataDir: newDataDir(), log });
    await startWorkflow(platform, 'logged');
    await platform.close();
    const { apiKey, operatorToken, postgres, broker } = platform;
    const passwords = [postgres, broker].map((url) => new URL(url).password);
    expect(lines.join('')).toContain(platform.address);
    for (const secret of [apiKey, operatorToken, ...passwords]) {
      expect(lines.join('')).not.toContain(secret);
    }
  });

  it.skipIf(findRedisServer() === undefined)('goes on without its Redis', async () => {
    const platform = await start({ dataDir: newDataDir(), broker: 'redis' });
    await shutDownRedis(platform.broker);
    expect((await startWorkflow(platform, 'without-redis')).status).toBe(200);
    expect(await workflowIds(platform)).toEqual(['without-redis']);
  });
});

/** Ends a Redis and waits until it is gone. */
function shutDownRedis(url: string): Promise<void> {
  const { hostname, port, password } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
    socket.write(`AUTH ${password}\r\nSHUTDOWN NOSAVE\r\n`);
  });
}
