/**
 * Who owns a directory: one living process per directory and role, across kill -9.
 *
 * A claim is the file `<role>.owner.<n>` with the owner's pid and start. The highest n is the one
 * that counts; it is never deleted, only marked as released or outnumbered, and n + 1 is created by
 * an exclusive link. So a take-over is a compare-and-set: of any number of processes that see the
 * same dead owner, exactly one becomes the next.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followOwner } from './data-files.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { ServiceError, isSystemError } from './service-error.ts';

/** The right to use a directory for one role, until released or until this process ends. */
export interface Ownership {
  /** Gives the directory free. Never throws; a second call does nothing. */
  release(): void;
}

interface Claim {
  readonly generation: number;
  /** Undefined once released. */
  readonly owner: ProcessIdentity | undefined;
}

/**
 * Claims `directory` for `role` in the name of this process.
 *
 * @throws ServiceError `DATA_DIRECTORY_IN_USE` when a living process (this one included) has it.
 */
export function claimOwnership(directory: string, role: string): Ownership {
  const self = identify(process.pid);
  if (self === undefined) {
    throw new ServiceError('START_FAILED', `The system has no entry for our pid ${process.pid}.`);
  }
  for (;;) {
    const latest = latestClaim(directory, role);
    if (latest?.owner !== undefined && isRunning(latest.owner))
      throw inUse(directory, latest.owner);
    const generation = (latest?.generation ?? 0) + 1;
    const path = claimPath(directory, role, generation);
    if (!createExclusively(path, `${JSON.stringify(self)}\n`)) continue;
    if (latestClaim(directory, role)?.generation === generation) {
      removeOlder(directory, role, generation);
      return { release: () => release(path, self) };
    }
    // A later owner had come and gone between our look and our link.
    rmSync(path, { force: true });
  }
}

function inUse(directory: string, owner: ProcessIdentity): ServiceError {
  const who = owner.pid === process.pid ? 'this very process' : 'another process';
  return new ServiceError(
    'DATA_DIRECTORY_IN_USE',
    `The data directory ${directory} is in use by ${who}, pid ${owner.pid}. ` +
      'Stop that process, or choose another data directory.',
    { ownerPid: owner.pid },
  );
}

function claimPath(directory: string, role: string, generation: number): string {
  return join(directory, `${role}.owner.${generation}`);
}

function generations(directory: string, role: string): number[] {
  const prefix = `${role}.owner.`;
  return readdirSync(directory)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
}

function latestClaim(directory: string, role: string): Claim | undefined {
  for (;;) {
    const found = generations(directory, role);
    if (found.length === 0) return undefined;
    const generation = Math.max(...found);
    try {
      const text = readFileSync(claimPath(directory, role, generation), 'utf8');
      return { generation, owner: parseOwner(text) };
    } catch (error) {
      // Outnumbered and removed since we listed: look again.
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
}

/** A text that is no owner (empty when released, or cut short by a power failure): nobody. */
function parseOwner(text: string): ProcessIdentity | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

/** Creates the file with its whole content at once, or returns false when it exists. */
function createExclusively(path: string, text: string): boolean {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  followOwner(draft);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function removeOlder(directory: string, role: string, generation: number): void {
  for (const older of generations(directory, role)) {
    if (older < generation) rmSync(claimPath(directory, role, older), { force: true });
  }
}

function release(path: string, self: ProcessIdentity): void {
  try {
    // The directory may have been removed and made anew by somebody else.
    const owner = parseOwner(readFileSync(path, 'utf8'));
    if (owner?.pid !== self.pid || owner.started !== self.started) return;
    truncateSync(path);
  } catch {
    // The directory was removed, which frees it as well.
  }
}
