/** Programs in CommonJS: they load the packages, and their compilers find the types. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '../../../..');
const names = ['activity', 'client', 'common', 'envconfig', 'testing', 'worker', 'workflow'];

/** Typed throughout: of a module that is not found all would be \`any\`, which strict code refuses. */
const program = `
import { Context } from '@perdure/activity';
import { Client, Connection } from '@perdure/client';
import { type Payload, ApplicationFailure } from '@perdure/common';
import { encode } from '@perdure/common/lib/encoding';
import { loadClientConnectConfig } from '@perdure/envconfig';
import { TestWorkflowEnvironment } from '@perdure/testing';
import { type WorkflowBundleWithSourceMap, DefaultLogger, Runtime, Worker, defaultSinks } from '@perdure/worker';
import { type LoggerSinks, proxyActivities, proxySinks } from '@perdure/workflow';

export const payload: Payload = { metadata: {}, data: encode('text') };
export const from: number = Context.current().info.heartbeatDetails ?? 0;
export const failure = ApplicationFailure.create({ message: 'no' });
export const address: string | undefined = loadClientConnectConfig().connectionOptions.address;
export const logger = proxySinks<LoggerSinks>().defaultWorkerLogger;
export const { pay } = proxyActivities<{ pay(cents: number): Promise<string> }>({
  startToCloseTimeout: '1 minute',
});
export async function main(workflowBundle: WorkflowBundleWithSourceMap): Promise<string> {
  Runtime.install({ logger: new DefaultLogger('WARN', (entry) => console.log(entry.message)) });
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const connection = await Connection.connect();
  const worker = await Worker.create({ connection, taskQueue: 'q', workflowBundle, sinks: defaultSinks() });
  return worker.runUntil(new Client({ connection, namespace: env.namespace }).workflow.execute(pay, {
    taskQueue: 'q', workflowId: 'w', args: [1],
  }));
}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perdure-commonjs-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }');
  await writeFile(join(folder, 'program.ts'), program);
});
afterAll(() => rm(folder, { recursive: true }));

test.each(['node16', 'nodenext'])(
  'module %s finds the types',
  { timeout: 60_000 },
  async (module) => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options = ['--strict', '--skipLibCheck', '--noEmit', '--types', 'node'];
    const args = [tsc, ...options, '--target', 'es2022', '--module', module, 'program.ts'];
    const { stdout } = await run(process.execPath, args, { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  },
);

test('a program loads them all with require', { timeout: 60_000 }, async () => {
  const code = names.map((name) => `Object.keys(require('@perdure/${name}')).length`).join(',');
  const args = ['--print', `JSON.stringify([${code}])`];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: folder });
  expect(JSON.parse(stdout).every((count: number) => count > 0)).toBe(true);
  expect(stderr).toBe('');
});

test.each(names)('%s is found by compilers that know no exports map', (name) => {
  const manifest = join(root, 'node_modules/@perdure', name, 'package.json');
  const { main, types } = require(manifest) as { main: string; types: string };
  expect([main, types].filter((path) => !existsSync(join(manifest, '..', path)))).toEqual([]);
});
