/**
 * A running postmaster, whether this process started it or found it.
 *
 * What is known of it is read from the files it keeps in its cluster and from the process table; a
 * pid in a file is believed only when that process works in the cluster's directory. It runs in a
 * session of its own: a Ctrl-C in our terminal does not reach it.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followOwner, readIfPresent } from './data-files.ts';
import { type PostgresPlace } from './postgres-place.ts';
import { type PostgresPrograms } from './postgres-programs.ts';
import { postmasterArguments, type PostgresSettings } from './postgres-settings.ts';
import {
  endProcess,
  identify,
  isPidTaken,
  isRunning,
  killAll,
  worksIn,
  type ProcessIdentity,
  type StopStep,
} from './process-identity.ts';
import { ServiceError, isSystemError, reasonOf } from './service-error.ts';
import { spawnAs } from './service-user.ts';

/** A postmaster and the port it listens on. */
export interface Postmaster {
  readonly process: ProcessIdentity;
  readonly port: number;
}

/** How a postmaster is to be started. */
export interface Launch {
  readonly programs: PostgresPrograms;
  readonly place: PostgresPlace;
  readonly settings: PostgresSettings;
  readonly logFile: string;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const programName = 'postgres';
const pollMs = 10;

/** Replaying two gigabytes of WAL on a slow disk has to fit in. */
const readyWithinMs = 180_000;
const slowAfterMs = 2_000;
const logLimitBytes = 8 * 1024 * 1024;
const tailBytes = 4_000;

/** Fast shutdown (roll back, checkpoint), then immediate (no checkpoint): 3.25 s at the most. */
const stopSteps: readonly StopStep[] = [
  ['SIGINT', 2_500],
  ['SIGQUIT', 750],
];

interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

/** `postmaster.pid`: pid, directory, start, port, socket directory, address, memory key, status. */
function readPidFile(cluster: string): PidFile | undefined {
  const lines = readIfPresent(join(cluster, 'postmaster.pid'))?.split('\n');
  if (lines === undefined) return undefined;
  return { pid: Number(lines[0]), port: Number(lines[3]), status: lines[7]?.trim() ?? '' };
}

/** The postmaster that runs on this cluster, in whatever state, if any. */
export function findPostmaster(cluster: string): Postmaster | undefined {
  const file = readPidFile(cluster);
  if (file === undefined) return undefined;
  const process = worksIn(file.pid, cluster, programName) ? identify(file.pid) : undefined;
  return process === undefined ? undefined : { process, port: file.port };
}

/** Whether the postmaster was started by the same program with the same settings, on any port. */
export function startedAlike(launch: Launch, running: Postmaster): boolean {
  const { programs, place, settings } = launch;
  const args = postmasterArguments(place.cluster, running.port, settings);
  const line = [realpathSync(programs.postgres), ...args.map((arg) => `"${arg}"`)].join(' ');
  return readIfPresent(join(place.cluster, 'postmaster.opts'))?.trim() === line;
}

/**
 * Starts a postmaster and waits until it takes connections.
 *
 * @throws ServiceError `PORT_IN_USE`, or `START_FAILED` with the end of the log.
 */
export async function launchPostmaster(launch: Launch, port: number): Promise<Postmaster> {
  await clearRemains(launch.place.cluster);
  rotate(launch.logFile);
  const log = openSync(launch.logFile, 'a', 0o600);
  try {
    followOwner(launch.logFile);
    const logStart = statSync(launch.logFile).size;
    const args = postmasterArguments(launch.place.cluster, port, launch.settings);
    const child = spawn(launch.programs.postgres, args, {
      ...spawnAs(launch.place.user),
      detached: true,
      stdio: ['ignore', log, log],
    });
    let ended: string | undefined;
    child.once('error', (error) => (ended = reasonOf(error)));
    child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? `code ${code}`}`));
    child.unref();
    const failure = await readyOrFailure(launch, child.pid, () => ended);
    if (failure !== undefined) throw startError(launch, port, logStart, failure);
  } finally {
    closeSync(log);
  }
  const running = findPostmaster(launch.place.cluster);
  if (running === undefined) throw new ServiceError('START_FAILED', 'Postgres ended at once.');
  return running;
}

/** Whether a postmaster that was found takes connections; it may be starting or stopping. */
export function isReady(cluster: string): boolean {
  return readPidFile(cluster)?.status === 'ready';
}

/** Waits for "ready" in the pid file. Returns why that will not come, if so. */
async function readyOrFailure(
  launch: Launch,
  pid: number | undefined,
  ended: () => string | undefined,
): Promise<string | undefined> {
  const began = performance.now();
  let told = false;
  for (;;) {
    const file = readPidFile(launch.place.cluster);
    if (file?.pid === pid && file?.status === 'ready') return undefined;
    if (ended() !== undefined) return ended();
    const waited = performance.now() - began;
    if (waited > readyWithinMs) {
      await killAll(launch.place.cluster, programName);
      return `it was not ready after ${readyWithinMs / 1000} s`;
    }
    if (waited > slowAfterMs && !told) {
      told = true;
      launch.onProgress?.('Postgres is recovering after a crash');
    }
    await sleep(pollMs);
  }
}

function startError(launch: Launch, port: number, logStart: number, why: string): ServiceError {
  const log = tailOf(launch.logFile, logStart);
  if (/could not (bind|create any TCP\/IP)/.test(log) && /address already in use/i.test(log)) {
    return new ServiceError(
      'PORT_IN_USE',
      `Port ${port} of 127.0.0.1, wanted for Postgres, is taken by another program. ` +
        'Choose another port, or none to get a free one.',
    );
  }
  return new ServiceError(
    'START_FAILED',
    `Postgres ${launch.programs.version} did not start: ${why}. ` +
      `The log ${launch.logFile} ends with:\n${log.trim()}`,
  );
}

function tailOf(path: string, from: number): string {
  const file = openSync(path, 'r');
  try {
    const size = statSync(path).size;
    const buffer = Buffer.alloc(Math.min(tailBytes, size - from));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}

function rotate(logFile: string): void {
  try {
    if (statSync(logFile).size > logLimitBytes) renameSync(logFile, `${logFile}.1`);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

/**
 * Clears what a killed postmaster left: first its children, of which one may still be writing, and
 * then a pid file whose number is taken: by some other program, or by the postmaster's own zombie
 * where nothing reaps orphans (containers without an init). Postgres would respect either.
 */
async function clearRemains(cluster: string): Promise<void> {
  const file = readPidFile(cluster);
  if (file === undefined) return;
  if (!(await killAll(cluster, programName))) {
    throw new ServiceError(
      'START_FAILED',
      `Processes of an earlier Postgres in ${cluster} do not end. Stop them, then try again.`,
    );
  }
  // Otherwise the file stays, and Postgres makes its own checks of what it names.
  if (isPidTaken(file.pid)) rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

/** Stops a postmaster and its children: fast, then immediately, then by force; never longer. */
export async function stopPostmaster(cluster: string, postmaster: Postmaster): Promise<void> {
  if (isRunning(postmaster.process)) await endProcess(postmaster.process, stopSteps);
  await killAll(cluster, programName);
}

/** Kills the postmaster and all its children at once, as a crash of the machine would. */
export async function killPostmaster(cluster: string): Promise<void> {
  await killAll(cluster, programName);
}
