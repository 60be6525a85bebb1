/**
 * Checks what no other tool looks at, over every file that git tracks or would track:
 *
 * - nothing ties the repository to one machine or network: no address of a package registry, no
 *   download address in a lock file, no absolute path of a home folder or of this checkout;
 * - no file or folder is named utils, helpers or misc: such a name says nothing;
 * - every workspace carries exactly one layer tag that turbo.json knows, or `turbo boundaries`
 *   would not guard it.
 *
 * Prints `file:line: what is wrong` and exits 1 if there is anything to print.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Text that must not be in a line, and why. */
const forbiddenText = [
  {
    pattern: /"resolved":\s*"https?:/,
    why: 'a download address; .npmrc keeps npm from writing it',
  },
  { pattern: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}/i, why: 'the address of a package registry' },
  { pattern: /(?<![\w.~-])\/(?:home|Users)\/[\w.-]+/, why: 'an absolute path of one machine' },
  { pattern: /\b[A-Z]:\\Users\\/, why: 'an absolute path of one machine' },
  ...pathsOfThisMachine().map((path) => ({
    pattern: new RegExp(`(?<![\\w.~/-])${escape(path)}/[\\w.@-]`),
    why: 'an absolute path of this machine',
  })),
];

const forbiddenName = /(?:^|\/)(?:utils?|helpers?|misc)(?:\/|\.[^/]*$)/i;

const files = listFiles();
const problems = [...files.flatMap(problemsOfFile), ...files.flatMap(problemsOfTags)];
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Tracked files and those not ignored; what is deleted but not yet committed is left out. */
function listFiles() {
  const args = [
    '-c',
    'safe.directory=*',
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ];
  const output = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const isFile = (file) => statSync(join(root, file), { throwIfNoEntry: false })?.isFile();
  return output.split('\0').filter((file) => file && isFile(file));
}

/** The folder that the checkout lies in and the home folder, unless too general to mean anything. */
function pathsOfThisMachine() {
  const general = new Set(['/', tmpdir(), '/tmp', '/usr/src']);
  return [dirname(root), homedir()].filter((path) => !general.has(path));
}

function problemsOfFile(file) {
  const name = forbiddenName.test(file) ? [`${file}: name it for what it does`] : [];
  const content = readFileSync(join(root, file));
  if (content.includes(0)) return name;
  const lines = content.toString('utf8').split('\n');
  return name.concat(lines.flatMap((line, index) => problemsOfLine(file, line, index + 1)));
}

function problemsOfLine(file, line, number) {
  return forbiddenText
    .filter(({ pattern }) => pattern.test(line))
    .map(({ why }) => `${file}:${number}: ${why}`);
}

function problemsOfTags(file) {
  if (!/^(?:apps|test|packages\/[^/]+)\/[^/]+\/package\.json$/.test(file)) return [];
  const config = join(dirname(file), 'turbo.json');
  const { tags = [] } = existsSync(join(root, config)) ? readJson(config) : {};
  const known = Object.keys(readJson('turbo.json').boundaries.tags);
  if (tags.length === 1 && known.includes(tags[0])) return [];
  return [`${config}: wanted one tag of ${known.join(', ')}; found ${tags.join(', ') || 'none'}`];
}

/** Reads JSON with whole lines of comment, as turbo.json has them. */
function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8').replaceAll(/^\s*\/\/.*$/gm, ''));
}

function escape(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
