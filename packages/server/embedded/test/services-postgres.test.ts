import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDataDirectory } from '../src/services/data-directory.ts';
import { startPostgres, type PostgresServer } from '../src/services/postgres-server.ts';
import { goneWithin, identify, processesIn } from '../src/services/process-identity.ts';
import {
  cleanUp,
  newDataDirectory,
  ownerProgram,
  query,
  startOwner,
  temporaryDirectory,
} from './services-fixture.ts';

// One test after the other, on two clusters: to make one takes a second, or ten on a busy machine.
const firstDirectory = newDataDirectory();
const secondDirectory = newDataDirectory();
vi.setConfig({ testTimeout: 60_000 });

let program = '';
const running: PostgresServer[] = [];

beforeAll(async () => {
  program = await ownerProgram(temporaryDirectory(), 'linked');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
afterAll(cleanUp);

async function start(options: Parameters<typeof startPostgres>[0]): Promise<PostgresServer> {
  const server = await startPostgres(options);
  running.push(server);
  return server;
}

/** Whether any Postgres process works in the cluster. */
function aliveIn(cluster: string): boolean {
  return processesIn(cluster, 'postgres').length > 0;
}

async function goneFrom(cluster: string): Promise<boolean> {
  const ends = processesIn(cluster, 'postgres').map((one) => goneWithin(one, 10_000));
  return (await Promise.all(ends)).every(Boolean);
}

describe('a first start', () => {
  const dataDir = firstDirectory;

  it('makes a durable cluster behind a password, says what it does, and stops cleanly', async () => {
    const { postgres } = openDataDirectory(dataDir);
    const killedInitdb = join(postgres, 'draft-of-a-killed-initdb');
    mkdirSync(killedInitdb, { recursive: true });
    process.env['PERDURE_KEYRING'] = 'not for Postgres';
    const progress: string[] = [];
    const server = await start({ dataDir, onProgress: (text) => progress.push(text) });
    delete process.env['PERDURE_KEYRING'];
    expect(progress.map((text) => text.split(' ')[0])).toEqual(['Creating', 'Starting']);
    expect(existsSync(killedInitdb)).toBe(false);

    const [settings] = await query<Record<string, string>>(
      server.url,
      `select current_setting('fsync') fsync, current_setting('synchronous_commit') sync,
         current_setting('full_page_writes') pages, current_setting('listen_addresses') listen,
         current_setting('server_encoding') encoding, current_setting('data_directory') directory,
         (select datcollate from pg_database where datname = 'postgres') collation`,
    );
    expect(settings).toEqual({
      fsync: 'on',
      sync: 'on',
      pages: 'on',
      listen: '127.0.0.1',
      encoding: 'UTF8',
      directory: server.clusterDirectory,
      collation: 'C',
    });

    const password = new URL(server.url).password;
    expect(password.length).toBeGreaterThan(20);
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    expect(statSync(server.clusterDirectory).mode & 0o777).toBe(0o700);
    await expect(query(server.url.replace(password, 'guess'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    expect(readFileSync(server.logFile, 'utf8')).not.toContain(password);
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain(password);
      expect(readFileSync(`/proc/${server.pid}/environ`, 'utf8')).not.toContain('PERDURE');
    }

    await Promise.all([server.stop(), server.stop()]);
    expect(aliveIn(server.clusterDirectory)).toBe(false);
    expect(existsSync(join(server.clusterDirectory, 'postmaster.pid'))).toBe(false);
  });
});

describe('a later start', () => {
  const dataDir = firstDirectory;
  let server: PostgresServer;
  const rows = (): Promise<unknown[]> => query(server.url, 'select n from kept order by n');

  it('keeps the rows of a server that was stopped, and of one that was killed', async () => {
    server = await start({ dataDir });
    await query(server.url, 'create table kept (n int); insert into kept values (1)');
    await server.stop();

    server = await start({ dataDir });
    expect(server.takenOver).toBe(false);
    await query(server.url, 'insert into kept values (2)');
    await server.kill();
    expect(aliveIn(server.clusterDirectory)).toBe(false);

    server = await start({ dataDir });
    expect(await rows()).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('starts after owner and postmaster were killed, leaving a child that still runs', async () => {
    const owner = startOwner(program, { do: 'postgres', options: { dataDir } });
    const { pid = 0, clusterDirectory = '' } = await owner.reply;
    const child = processesIn(clusterDirectory, 'postgres').find((one) => one.pid !== pid);
    await owner.kill();
    // A stopped child does not notice that its postmaster is gone, and keeps the memory attached.
    process.kill(child?.pid ?? 0, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    server = await start({ dataDir });
    expect(server.takenOver).toBe(false);
    expect(await rows()).toHaveLength(2);
    expect(identify(child?.pid ?? 0)).toBeUndefined();
  });

  it('is not held up by a pid file whose pid now belongs to another program', async () => {
    const { uid, gid } = statSync(server.clusterDirectory);
    const stranger: ChildProcess = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
    try {
      const lines = [stranger.pid, server.clusterDirectory, 1, server.port, '', '127.0.0.1', '1 1'];
      writeFileSync(
        join(server.clusterDirectory, 'postmaster.pid'),
        `${lines.join('\n')}\nready\n`,
      );
      server = await start({ dataDir });
      expect(await rows()).toHaveLength(2);
      expect(identify(stranger.pid ?? 0)).toBeDefined();
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('stops within its bound, a running query or a frozen postmaster notwithstanding', async () => {
    server = await start({ dataDir });
    const sleeping = query(server.url, 'select pg_sleep(60)').catch((error) => error);
    process.kill(server.pid, 'SIGSTOP');
    const began = performance.now();
    await server.stop();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await sleeping).toBeInstanceOf(Error);
    expect(aliveIn(server.clusterDirectory)).toBe(false);
    server = await start({ dataDir });
    expect(await rows()).toHaveLength(2);
  });

  it('takes the port that is asked for, and says so when it is taken', async () => {
    const occupier = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => occupier.once('listening', resolve));
    const { port } = occupier.address() as { port: number };
    await expect(startPostgres({ dataDir, port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`Port ${port} `),
    });
    await new Promise((resolve) => occupier.close(resolve));
    server = await start({ dataDir, port });
    expect(server.port).toBe(port);
  });

  it('shows the log when Postgres does not start, and frees the directory', async () => {
    await expect(
      startPostgres({ dataDir, settings: { shared_buffers: 'plenty' } }),
    ).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('invalid value for parameter "shared_buffers"'),
    });
    appendFileSync(join(dataDir, 'postgres.log'), 'x'.repeat(9 * 1024 * 1024));
    server = await start({ dataDir });
    expect(statSync(join(dataDir, 'postgres.log')).size).toBeLessThan(1024 * 1024);
  });

  it('refuses a directory that lost its password file', async () => {
    const password = join(dataDir, 'postgres-password');
    renameSync(password, `${password}.lost`);
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_DAMAGED',
      message: expect.stringContaining(password),
    });
    renameSync(`${password}.lost`, password);
  });
});

describe('two owners', () => {
  it('run side by side on two directories, and not on the same', async () => {
    const [one, two] = [firstDirectory, secondDirectory];
    const owner = startOwner(program, { do: 'postgres', options: { dataDir: one } });
    const [{ url }, server] = await Promise.all([owner.reply, start({ dataDir: two })]);
    expect(await query(url ?? '', 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await query(server.url, 'select 2 as two')).toEqual([{ two: 2 }]);

    await expect(startPostgres({ dataDir: one })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      ownerPid: owner.pid,
      message: expect.stringContaining(`pid ${owner.pid}`),
    });
    await expect(startPostgres({ dataDir: two })).rejects.toMatchObject({ ownerPid: process.pid });
    expect(await query(url ?? '', 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('the Postgres of a killed owner', () => {
  const dataDir = secondDirectory;
  const committed = 'create table if not exists kept (n int); insert into kept values (1)';

  it('is taken over, with what was committed and none of what was not', async () => {
    const open = 'insert into kept values (99); select pg_advisory_lock(1)';
    const owner = startOwner(program, { do: 'postgres', options: { dataDir }, committed, open });
    const { url, pid } = await owner.reply;
    await owner.kill();
    expect(identify(pid ?? 0)).toBeDefined();

    const server = await start({ dataDir });
    expect(server).toMatchObject({ takenOver: true, pid, url });
    expect(await query(server.url, 'select n from kept')).toEqual([{ n: 1 }]);
    expect(await query(server.url, 'select pg_try_advisory_lock(1) as free')).toEqual([
      { free: true },
    ]);
    await server.stop();
    expect(aliveIn(server.clusterDirectory)).toBe(false);
  });

  it('is started anew when other settings or another port are wanted, or it hangs', async () => {
    for (const change of ['settings', 'port', 'frozen'] as const) {
      const owner = startOwner(program, { do: 'postgres', options: { dataDir }, committed });
      const { pid, url } = await owner.reply;
      await owner.kill();
      if (change === 'frozen') process.kill(pid ?? 0, 'SIGSTOP');
      const server = await start({
        dataDir,
        settings: change === 'settings' ? { work_mem: '9MB' } : {},
        port: change === 'port' ? Number(new URL(url ?? '').port) + 1 : undefined,
      });
      expect(server.takenOver, change).toBe(false);
      expect(server.pid).not.toBe(pid);
      if (change === 'settings') {
        expect(await query(server.url, 'show work_mem')).toEqual([{ work_mem: '9MB' }]);
      }
      await server.stop();
    }
    const server = await start({ dataDir });
    expect(await query(server.url, 'select count(*)::int as n from kept')).toEqual([{ n: 4 }]);
  });

  it('ends with its owner when it shall not outlive it', async () => {
    const options = { dataDir, outliveOwner: false };
    const owner = startOwner(program, { do: 'postgres', options });
    const { clusterDirectory = '' } = await owner.reply;
    expect(aliveIn(clusterDirectory)).toBe(true);
    await owner.kill();
    expect(await goneFrom(clusterDirectory)).toBe(true);
  });

  it('ends with an owner that exits without stopping it', async () => {
    const owner = startOwner(program, {
      do: 'postgres',
      options: { dataDir },
      afterwards: 'exit',
    });
    const { clusterDirectory = '' } = await owner.reply;
    expect(await goneFrom(clusterDirectory)).toBe(true);
    expect(existsSync(join(clusterDirectory, 'postmaster.pid'))).toBe(false);
  });
});
