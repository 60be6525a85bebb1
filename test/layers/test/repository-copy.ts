/**
 * A throw-away copy of the repository in which a test may break a rule and see the check fail.
 *
 * The copy holds the files that git tracks or would track, so a mistake in the work at hand shows
 * too. Dependencies are not copied: `node_modules` is a link to ours.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a check said: its exit code, and all it printed as one line of plain words. */
export interface CheckResult {
  readonly exitCode: number;
  readonly output: string;
}

/** See the head of this file. `remove` it when done. */
export class RepositoryCopy {
  readonly #folder: string;
  readonly #originals = new Map<string, string>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<RepositoryCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-layers-'));
    for (const file of listFiles()) await cp(join(root, file), join(folder, file));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    return new RepositoryCopy(folder);
  }

  /** Adds a line at the end of a file until the next `restore`. */
  async append(file: string, line: string): Promise<void> {
    await this.#edit(file, (text) => `${text}\n${line}\n`);
  }

  /** Declares a dependency of one of our packages on another until the next `restore`. */
  async declare(folder: string, dependency: string): Promise<void> {
    await this.#edit(join(folder, 'package.json'), (text) => {
      const manifest = JSON.parse(text) as { dependencies?: Record<string, string> };
      const dependencies = { ...manifest.dependencies, [dependency]: '0.1.0' };
      return JSON.stringify({ ...manifest, dependencies }, null, 2);
    });
  }

  /** Undoes every `append` and `declare`. */
  async restore(): Promise<void> {
    for (const [path, text] of this.#originals) await writeFile(path, text);
    this.#originals.clear();
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Runs a script of the root package.json in the copy, as `npm run verify` runs it here. */
  check(script: string, ...args: string[]): Promise<CheckResult> {
    const env = { ...process.env, NO_COLOR: '1', TURBO_TELEMETRY_DISABLED: '1' };
    const options = { cwd: this.#folder, env, maxBuffer: 2 ** 24 };
    return new Promise((settle) => {
      execFile('npm', ['run', script, '--', ...args], options, (error, stdout, stderr) => {
        const output = plainWords(stdout + stderr);
        settle({ exitCode: error ? Number(error.code ?? 1) : 0, output });
      });
    });
  }

  async #edit(file: string, change: (text: string) => string): Promise<void> {
    const path = join(this.#folder, file);
    const text = await readFile(path, 'utf8');
    if (!this.#originals.has(path)) this.#originals.set(path, text);
    await writeFile(path, change(text));
  }
}

function listFiles(): string[] {
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others'];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 24 } as const;
  const output = execFileSync('git', [...args, '--exclude-standard'], options);
  return output.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
}

/** The tools draw boxes and wrap lines to fit a terminal; tests look for words. */
function plainWords(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[│|]/g, ' ').replaceAll(/\s+/g, ' ');
}
