/**
 * Data directories of platforms that keep nothing: made in the system's temporary folder, removed
 * when the platform closes or, after a kill -9, by the next such platform.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeDataDirectory } from './services/data-directory.ts';
import { claimOwnership } from './services/ownership.ts';

/** As what an embedded platform owns its data directory. */
export const platformRole = 'platform';

const prefix = 'perdure-dev-';
/** Younger ones may be at their start, when nobody has claimed them yet. */
const abandonedAfterMs = 60_000;

/** A path for a data directory, in a new folder of its own. */
export function newTemporaryDataDir(): string {
  return join(mkdtempSync(join(tmpdir(), prefix)), 'data');
}

/** Removes a data directory that {@link newTemporaryDataDir} has named, and its folder. */
export async function removeTemporaryDataDir(dataDir: string): Promise<void> {
  await removeDataDirectory(dataDir);
  rmSync(dirname(dataDir), { recursive: true, force: true });
}

/** Removes what killed platforms have left; never throws. */
export async function removeAbandonedDataDirs(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    try {
      const { mtimeMs, uid } = statSync(folder);
      const ours = uid === process.getuid?.();
      if (!ours || Date.now() - mtimeMs < abandonedAfterMs) continue;
      const dataDir = join(folder, 'data');
      // Both refuse when a living process has it.
      if (existsSync(dataDir)) claimOwnership(dataDir, platformRole).release();
      await removeTemporaryDataDir(dataDir);
    } catch {
      // In use, or somebody else was faster.
    }
  }
}
