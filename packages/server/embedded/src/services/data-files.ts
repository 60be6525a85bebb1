/**
 * Small private files in a data directory: readable by the owner of the directory alone, and either
 * wholly there or not at all, also after a power failure.
 */
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isSystemError } from './service-error.ts';

/** Whether this process is root, and so may give files away. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * Gives a file to the owner of its directory: what root writes under `sudo` in a directory of an
 * ordinary user stays usable for that user.
 */
export function followOwner(path: string): void {
  if (!isRoot()) return;
  const { uid, gid } = statSync(dirname(path));
  if (uid !== 0) chownSync(path, uid, gid);
}

/** Writes a file of mode 0600 in place of any that was there. */
export function writePrivateFile(path: string, text: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  followOwner(draft);
  renameSync(draft, path);
}

/** The text of a file, or undefined when there is none. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A new random password of 192 bits in letters that need no escaping in a URL or a file. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}
