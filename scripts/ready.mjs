/**
 * Makes a fresh clone ready to run: the right Node, the dependencies of package-lock.json, and a
 * build. Every command of the README starts here, so this file is plain Node, imports nothing that
 * has to be installed first, and does nothing when there is nothing to do (about half a second).
 *
 *   node scripts/ready.mjs                      get ready
 *   node scripts/ready.mjs <program> [args…]    get ready, then become that program
 *
 * The program runs in this very process, and package.json starts it with `exec`: a signal sent to
 * `npm run dev` reaches it with no shell in between that would die of it and leave the program
 * behind. Progress goes to stderr; stdout is the program's.
 *
 * Two commands started at once in a fresh clone take turns (see `withSetupLock`).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder of the repository, wherever the command was started from. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const leastNode = [20, 19];
const lockFolder = join(root, '.setup.lock');

/** A set-up problem the reader can solve; its message is all that is shown. */
export class SetupError extends Error {}

/** Prints one line of progress to stderr. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Installs what is missing and builds what has changed.
 *
 * @param {{ build?: boolean }} [options] `build: false` stops after the dependencies
 * @throws {SetupError} with what to do next
 */
export async function ready({ build = true } = {}) {
  checkNode();
  await withSetupLock(async () => {
    const reason = whyInstall();
    if (reason) await install(reason);
    if (build) await buildAll();
  });
}

/** Runs `main` and turns a `SetupError` into its message and exit code 1. */
export async function orExplain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`\n${error.message}`);
    process.exit(1);
  }
}

/**
 * Runs a program with its output on our stderr, and passes SIGTERM on to it.
 *
 * @returns its exit code, or 1 after a signal
 */
export function run(command, args, options = {}) {
  return new Promise((settle, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
    const stop = () => child.kill('SIGTERM');
    process.once('SIGTERM', stop);
    child.once('error', fail);
    child.once('close', (code) => {
      process.off('SIGTERM', stop);
      settle(code ?? 1);
    });
  });
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) return;
  throw new SetupError(
    `Perdure needs Node ${leastNode.join('.')} or newer; this is Node ${process.versions.node}. ` +
      'Install a current Node (https://nodejs.org) and run the same command again.',
  );
}

/**
 * Why `npm ci` has to run, or nothing when it need not. npm writes node_modules/.package-lock.json
 * last, so a half-finished installation counts as missing, and one made by hand with `npm install`
 * counts as done.
 */
function whyInstall() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return 'first run';
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const stale = Object.keys(wanted).filter((path) => isStale(path, wanted[path], installed[path]));
  return stale.length > 0 ? `changed: ${stale.slice(0, 3).join(', ')}` : undefined;
}

function packagesOf(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : undefined;
}

/** Optional packages are those of other platforms: npm leaves them out of node_modules. */
function isStale(path, wanted, installed) {
  if (!path.startsWith('node_modules/')) return false;
  if (!installed) return !wanted.optional && !wanted.devOptional;
  return installed.version !== wanted.version || installed.integrity !== wanted.integrity;
}

async function install(reason) {
  say(`Installing dependencies (npm ci; ${reason}) …`);
  const started = Date.now();
  const code = await npm(['ci', '--include=dev', '--include=optional', '--loglevel=error']);
  if (code !== 0) {
    throw new SetupError(
      `npm could not install the dependencies (npm ci ended with code ${code}); its own message ` +
        'is above. If it could not reach the registry, check the network or the proxy and ' +
        'registry settings of npm; then run the same command again.',
    );
  }
  say(`Dependencies installed in ${seconds(started)}.`);
}

/** Runs npm: the one that started us if there is one, else the one on PATH. */
async function npm(args) {
  const own = process.env.npm_execpath;
  const windows = process.platform === 'win32';
  try {
    return own && basename(own) === 'npm-cli.js'
      ? await run(process.execPath, [own, ...args])
      : await run('npm', args, { shell: windows });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new SetupError('npm is not on the PATH. It comes with Node (https://nodejs.org).');
  }
}

async function buildAll() {
  const started = Date.now();
  const first = !existsSync(join(root, 'apps', 'cli', 'dist', 'main.js'));
  if (first) say('Building (tsc -b) …');
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const code = await run(process.execPath, [tsc, '-b', 'tsconfig.json']);
  if (code !== 0) throw new SetupError('The build failed (tsc -b); the compiler says why, above.');
  if (first) say(`Built in ${seconds(started)}.`);
}

/**
 * Lets one set-up run at a time in this checkout. The lock is a folder (creating one is atomic)
 * that names its owner's process; the lock of a process that is gone is taken over.
 */
async function withSetupLock(work) {
  while (!takeLock()) await new Promise((wake) => setTimeout(wake, 200));
  const release = () => rmSync(lockFolder, { recursive: true, force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function takeLock() {
  try {
    mkdirSync(lockFolder);
    writeFileSync(join(lockFolder, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const owner = lockOwner();
    if (owner !== undefined && !isAlive(owner))
      rmSync(lockFolder, { recursive: true, force: true });
    return false;
  }
}

/** The owner's process id; nothing in the instant between creating the folder and signing it. */
function lockOwner() {
  try {
    return Number(readFileSync(join(lockFolder, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** Runs `program` as if Node had been started with it. */
async function become(program, args) {
  if (process.env.npm_lifecycle_event) stopWithParent();
  const path = resolve(root, program);
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
}

/** A program that npm started stops when npm is gone, even when npm could not say so (kill -9). */
function stopWithParent() {
  const parent = process.ppid;
  const check = () => process.ppid !== parent && process.kill(process.pid, 'SIGTERM');
  setInterval(check, 500).unref();
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [program, ...args] = process.argv.slice(2);
  await orExplain(() => ready());
  if (program) await become(program, args);
}
