/**
 * Directories of this machine, outside any checkout or data directory, that an unprivileged user
 * can read: for copies of the Postgres programs, and for clusters whose data directory lies under
 * a folder that only root may enter.
 *
 * A candidate in a world-writable place is used only if it is a real directory of our own that
 * nobody else can write: otherwise another user could have put a program of theirs there.
 */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from './data-files.ts';

/** The candidate stores of this user, best first. They need not exist. */
export function machineStores(): string[] {
  const own = `perdure-${process.geteuid?.() ?? 0}`;
  const home = isRoot()
    ? '/var/lib/perdure'
    : join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'perdure');
  return [...new Set([home, join('/var/tmp', own), join(tmpdir(), own)])];
}

/** Makes the store if need be. Returns whether it may be used. */
export function prepareStore(store: string): boolean {
  try {
    mkdirSync(store, { recursive: true, mode: 0o755 });
    const { uid, mode } = lstatSync(store);
    const ours = uid === process.geteuid?.() && (mode & 0o022) === 0;
    if (!ours || !lstatSync(store).isDirectory()) return false;
    // Past a narrow umask; readable, not writable.
    if (isRoot()) chmodSync(store, 0o755);
    return true;
  } catch {
    return false;
  }
}
