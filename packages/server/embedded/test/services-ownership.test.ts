import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataDirectory, removeDataDirectory } from '../src/services/data-directory.ts';
import { claimOwnership } from '../src/services/ownership.ts';
import {
  goneWithin,
  identify,
  isRunning,
  pidsFromLsof,
  processesIn,
  startFromPs,
} from '../src/services/process-identity.ts';
import {
  cleanUp,
  newDataDirectory,
  ownerProgram,
  startOwner,
  temporaryDirectory,
} from './services-fixture.ts';

let program = '';
beforeAll(async () => {
  program = await ownerProgram(temporaryDirectory(), 'linked');
});
afterAll(cleanUp);

const inUse = { name: 'ServiceError', code: 'DATA_DIRECTORY_IN_USE' };

describe('claimOwnership', () => {
  it('refuses a second claim, naming the owner, until the first is released', () => {
    const directory = temporaryDirectory();
    const first = claimOwnership(directory, 'test');
    expect(() => claimOwnership(directory, 'test')).toThrow(
      expect.objectContaining({ ...inUse, ownerPid: process.pid }),
    );
    expect(() => claimOwnership(directory, 'test')).toThrow(`pid ${process.pid}`);
    claimOwnership(directory, 'other role').release();
    first.release();
    const second = claimOwnership(directory, 'test');
    first.release();
    expect(() => claimOwnership(directory, 'test')).toThrow(expect.objectContaining(inUse));
    second.release();
  });

  it('takes over from an owner whose pid now belongs to another process', () => {
    const directory = temporaryDirectory();
    writeFileSync(
      join(directory, 'test.owner.7'),
      JSON.stringify({ pid: process.pid, started: 'another time' }),
    );
    claimOwnership(directory, 'test');
    expect(readdirSync(directory)).toEqual(['test.owner.8']);
  });

  it('takes over from a claim cut short by a power failure', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'test.owner.1'), '');
    claimOwnership(directory, 'test');
    expect(readdirSync(directory)).toEqual(['test.owner.2']);
  });

  it('leaves a directory alone that was removed and claimed anew by another', () => {
    const directory = temporaryDirectory();
    const first = claimOwnership(directory, 'test');
    rmSync(join(directory, 'test.owner.1'));
    const other = JSON.stringify({ pid: 1, started: identify(1)?.started });
    writeFileSync(join(directory, 'test.owner.1'), other);
    first.release();
    expect(() => claimOwnership(directory, 'test')).toThrow('pid 1.');
  });

  it('lets exactly one of many processes take over from each dead owner', async () => {
    const parent = temporaryDirectory();
    const directories = Array.from({ length: 100 }, (_, index) => join(parent, String(index)));
    for (const directory of directories) {
      mkdirSync(directory);
      writeFileSync(
        join(directory, 'test.owner.3'),
        JSON.stringify({ pid: process.pid, started: 'long ago' }),
      );
    }
    const at = Date.now() + 500;
    const owners = Array.from({ length: 4 }, () =>
      startOwner(program, { do: 'claim', directories, at }),
    );
    const replies = await Promise.all(owners.map((owner) => owner.reply));
    const winners = directories.map(
      (_, index) => replies.filter(({ claimed }) => claimed?.[index] === true).length,
    );
    expect(winners).toEqual(directories.map(() => 1));
    await Promise.all(owners.map((owner) => owner.kill()));
    for (const directory of directories) claimOwnership(directory, 'test').release();
  });
});

describe('the process table', () => {
  it('tells a process from a later one with its pid, and a zombie from a living one', async () => {
    const child = spawn('sleep', ['30']);
    const identity = identify(child.pid ?? 0);
    expect(identity).toBeDefined();
    if (identity === undefined) return;
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ ...identity, started: 'another time' })).toBe(false);
    child.kill('SIGKILL');
    expect(await goneWithin(identity, 5_000)).toBe(true);
    expect(identify(child.pid ?? 0)).toBeUndefined();
  });

  it('finds processes by the directory they work in, by each of its means', async (context) => {
    const directory = temporaryDirectory();
    const child = spawn('sleep', ['30'], { cwd: directory });
    const pid = child.pid ?? 0;
    try {
      expect(processesIn(directory, 'sleep').map((found) => found.pid)).toEqual([pid]);
      expect(processesIn(directory, 'postgres')).toEqual([]);
      context.skip(isMissing('lsof') || isMissing('ps'), 'needs lsof and ps');
      expect(pidsFromLsof(directory, 'sleep')).toEqual([pid]);
      expect(startFromPs(pid)).toMatch(/ \d\d:\d\d:\d\d \d{4}$/);
      expect(startFromPs(pid)).toBe(startFromPs(pid));
    } finally {
      child.kill('SIGKILL');
    }
  });
});

function isMissing(program: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'command -v "$0"', program]).status !== 0;
}

describe('a data directory', () => {
  it('is made private, and found again by any path to it', () => {
    const directory = newDataDirectory();
    const { path } = openDataDirectory(directory);
    expect(path).toBe(directory);
    const mode = statSync(path).mode & 0o777;
    expect(mode).toBe(process.geteuid?.() === 0 ? 0o711 : 0o700);
    expect(openDataDirectory(`${directory}/../data/`)).toEqual(openDataDirectory(directory));
  });

  it('is refused, and left as it is, when it holds other files', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'thesis.txt'), 'years of work');
    const { mode } = statSync(directory);
    const notOurs = expect.objectContaining({ code: 'DATA_DIRECTORY_NOT_OURS' });
    expect(() => openDataDirectory(directory)).toThrow(notOurs);
    await expect(removeDataDirectory(directory)).rejects.toThrow(notOurs);
    expect(readdirSync(directory)).toEqual(['thesis.txt']);
    expect(statSync(directory).mode).toBe(mode);
  });

  it('is refused with a reason when it is a file', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(() => openDataDirectory(file)).toThrow(/file cannot be used: .*EEXIST/);
  });

  it('is not removed while a living process has it', async () => {
    const { path } = openDataDirectory(newDataDirectory());
    const owned = claimOwnership(path, 'redis');
    await expect(removeDataDirectory(path)).rejects.toThrow(expect.objectContaining(inUse));
    owned.release();
    await removeDataDirectory(path);
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    await removeDataDirectory(path);
  });
});
