/**
 * Which process is which: the boundary to the operating system's process table.
 *
 * A pid alone proves nothing, for pids are used again. A process is therefore known by its pid and
 * the moment it started, and a service by the directory it works in. Nothing here signals a process
 * without checking that first. A zombie counts as gone: it holds no file and no port.
 *
 * Linux is read from `/proc`; elsewhere (macOS) `ps` and `lsof` are asked.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process at one time of this machine's life. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. */
  readonly started: string;
}

const hasProc = process.platform === 'linux';
const pollMs = 10;

/** The process with this pid, or undefined when there is none (or only a zombie). */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = hasProc ? startFromProc(pid) : startFromPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether that very process still runs. In doubt (the system hides it from us): yes. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  if (now === undefined) return false;
  return now.started === identity.started || now.started === hidden;
}

/** The start of a process that exists and that we may not look at. */
const hidden = 'hidden';

let bootId: string | undefined;

function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may itself hold brackets and spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${bootId}:${fields[19]}`;
  } catch {
    return isPidTaken(pid) ? hidden : undefined;
  }
}

/** As `identify` finds it where there is no `/proc`. Exported so that it is tested on Linux too. */
export function startFromPs(pid: number): string | undefined {
  // Local time would differ between two callers with different TZ.
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const line = output('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], env)?.trim();
  if (line === undefined || line === '' || line.startsWith('Z')) return undefined;
  return line.slice(line.indexOf(' ')).trim();
}

/** Whether the pid belongs to anything at all: another program, a process hidden from us, a zombie. */
export function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the process works in `directory` (a real path) and its command line names `program`. True
 * for a postmaster and all its children, which inherit its working directory.
 */
export function worksIn(pid: number, directory: string, program: string): boolean {
  if (!hasProc) return pidsFromLsof(directory, program).includes(pid);
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === directory &&
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(program)
    );
  } catch {
    return false;
  }
}

/** Every process for which `worksIn` is true. */
export function processesIn(directory: string, program: string): ProcessIdentity[] {
  const pids = hasProc
    ? pidsOfProc().filter((pid) => worksIn(pid, directory, program))
    : pidsFromLsof(directory, program);
  return pids.flatMap((pid) => identify(pid) ?? []);
}

function pidsOfProc(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** As `processesIn` finds them where there is no `/proc`. Exported to be tested on Linux too. */
export function pidsFromLsof(directory: string, program: string): number[] {
  const listing = output('lsof', ['-w', '-a', '-d', 'cwd', '-c', program, '-Fpn']) ?? '';
  const pids: number[] = [];
  let pid = 0;
  for (const line of listing.split('\n')) {
    if (line.startsWith('p')) pid = Number(line.slice(1));
    if (line === `n${directory}`) pids.push(pid);
  }
  return pids;
}

function output(file: string, args: readonly string[], env = process.env): string | undefined {
  try {
    return execFileSync(file, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/** Sends `signal` if that very process still runs. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch {
    // It ended in between.
  }
}

/** Waits until the process is gone. Returns false when it still runs after `ms` milliseconds. */
export async function goneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isRunning(identity)) {
    if (performance.now() >= deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

/** A signal, and how many milliseconds the process has to end before the next one is sent. */
export type StopStep = readonly [signal: NodeJS.Signals, waitMs: number];

/** Sends the signals in turn until the process is gone. Returns whether it is. */
export async function endProcess(
  identity: ProcessIdentity,
  steps: readonly StopStep[],
): Promise<boolean> {
  for (const [name, waitMs] of steps) {
    signal(identity, name);
    if (await goneWithin(identity, waitMs)) return true;
  }
  return !isRunning(identity);
}

/** A killed parent may have had a child between our look and its end. */
const killPasses = 5;

/** Kills every process for which `worksIn` is true. Returns whether all of them are gone. */
export async function killAll(directory: string, program: string): Promise<boolean> {
  for (let pass = 0; pass < killPasses; pass++) {
    const found = processesIn(directory, program);
    if (found.length === 0) return true;
    await Promise.all(found.map((one) => endProcess(one, [['SIGKILL', 1_000]])));
  }
  return processesIn(directory, program).length === 0;
}
