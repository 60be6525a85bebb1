/** The built CLI as processes of its own, as users run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { removeDataDirectory } from '@perdure/embedded';

const program = fileURLToPath(new URL('../bin/perdure.mjs', import.meta.url));
const children = new Set<ChildProcess>();
const folders: string[] = [];

/** The line of `perdure dev --json`. */
export interface DevLine {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey: string;
  readonly keyring: string;
  readonly postgres: string;
  readonly broker: string;
}

/** What a process left behind. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A CLI process under way. */
export interface CliProcess {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** A new empty folder to run in; removed by {@link cleanUp}. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-cli-'));
  folders.push(folder);
  return folder;
}

/** Kills what still runs and removes every folder, with the data directories in it. */
export async function cleanUp(): Promise<void> {
  await Promise.all(
    [...children].map(async (child) => {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }),
  );
  for (const folder of folders.splice(0)) {
    await removeDataDirectory(join(folder, '.perdure', 'dev'));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts the CLI in a folder, with an environment that names no platform. */
export function spawnCli(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): CliProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(PERDURE_|DATABASE_URL|REDIS_URL|FORCE_COLOR|npm_)/.test(name),
  );
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  return { child, finished: finish(child) };
}

/** Runs the CLI to its end. */
export function runCli(
  folder: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Finished> {
  return spawnCli(folder, args, env).finished;
}

/** Starts `perdure dev --json` on a free port and waits for its line. */
export async function startDev(
  folder: string,
  args: readonly string[] = [],
): Promise<CliProcess & { readonly line: DevLine }> {
  const started = spawnCli(folder, ['dev', '--port', '0', '--json', ...args]);
  const line = await new Promise<DevLine>((resolve, reject) => {
    createInterface(started.child.stdout!).once('line', (text) =>
      resolve(JSON.parse(text) as DevLine),
    );
    void started.finished.then(({ stderr }) => reject(new Error(`dev ended: ${stderr}`)));
  });
  return { ...started, line };
}

function finish(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve({ code, signal, stdout, stderr });
    });
  });
}
