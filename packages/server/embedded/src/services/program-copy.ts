/**
 * A copy of a tree of programs that every user of the machine can read and run.
 *
 * The copy appears under its name only when it is whole: it is made under another name and renamed.
 * Of two processes that copy at once one wins and the other's work is thrown away.
 */
import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { identify } from './process-identity.ts';
import { isSystemError } from './service-error.ts';

/** What only compilers need, a tenth of the size. */
const leftOut = /\.a$|^pkgconfig$/;

/**
 * Copies `source` to `target`, unless it is there already.
 *
 * @param finish completes the draft before it gets its name.
 */
export async function copyPrograms(
  source: string,
  target: string,
  finish: (draft: string) => void,
): Promise<void> {
  if (existsSync(target)) return;
  await removeAbandonedDrafts(target);
  const draft = `${target}.${process.pid}.${randomBytes(4).toString('hex')}.draft`;
  try {
    await copyTree(source, draft);
    finish(draft);
    await rename(draft, target);
  } catch (error) {
    // ENOTEMPTY and EEXIST: another process was faster.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (leftOut.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await copyReadable(source, target);
  }
  await chmod(to, 0o755);
}

async function copyReadable(source: string, target: string): Promise<void> {
  await copyFile(source, target);
  const executable =
    ((await lstat(source)).mode & 0o111) !== 0 || basename(dirname(source)) === 'bin';
  await chmod(target, executable ? 0o755 : 0o644);
}

/** Drafts of processes that were killed while copying. */
async function removeAbandonedDrafts(target: string): Promise<void> {
  const directory = dirname(target);
  for (const name of await readdir(directory)) {
    const pid = /\.(\d+)\.[0-9a-f]{8}\.draft$/.exec(name)?.[1];
    if (pid === undefined || identify(Number(pid)) !== undefined) continue;
    await rm(join(directory, name), { recursive: true, force: true });
  }
}
