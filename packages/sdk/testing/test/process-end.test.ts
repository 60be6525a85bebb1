import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@perdure/testing';
import { expect, test } from 'vitest';

/** A program as users write it, that never calls `process.exit`. */
const program = `
  import { TestWorkflowEnvironment } from '@perdure/testing';
  import { Worker } from '@perdure/worker';

  const taskQueue = 'test';
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowsPath: process.argv[1],
  });
  const args = [365 * 86_400_000];
  const options = { taskQueue, workflowId: 'a-year', args };
  await worker.runUntil(env.client.workflow.execute('sleepFor', options));
  await env.client.workflow.start('sleepFor', { ...options, workflowId: 'never-run' });
  await env.teardown();
  console.log('torn down');
`;

/** A client in CommonJS that leaves its connection open. */
const client = `
  const { Client, Connection } = require('@perdure/client');

  async function run() {
    const connection = await Connection.connect({ address: process.env.PERDURE_ADDRESS });
    const client = new Client({ connection });
    const options = { taskQueue: 'test', workflowId: 'greeted', args: [1] };
    const handle = await client.workflow.start('sleepFor', options);
    console.log('started', (await handle.describe()).status.name);
  }
  run();
`;

const here = fileURLToPath(new URL('.', import.meta.url));

/** Runs a program to its end. */
async function outcomeOf(args: string[], env: NodeJS.ProcessEnv = process.env) {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, args, { cwd: here, env, stdio: [...stdio] });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const late = setTimeout(() => child.kill('SIGKILL'), 50_000);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(late);
  return { said, code, signal };
}

test('after teardown nothing keeps the process', { timeout: 60_000 }, async () => {
  const args = ['--input-type=module', '--eval', program, `${here}workflows.ts`];
  expect(await outcomeOf(args)).toEqual({ said: 'torn down\n', code: 0, signal: null });
});

test('a client that has done its work ends, its connection open', { timeout: 60_000 }, async () => {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ client: { keyRing: null } });
  const { address: PERDURE_ADDRESS, apiKey: PERDURE_API_KEY } = env;
  const variables = { ...process.env, PERDURE_ADDRESS, PERDURE_API_KEY };
  const outcome = await outcomeOf(['--input-type=commonjs', '--eval', client], variables);
  await env.teardown();
  expect(outcome).toEqual({ said: 'started RUNNING\n', code: 0, signal: null });
});
