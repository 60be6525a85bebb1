import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
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

test('after teardown nothing keeps the process', { timeout: 60_000 }, async () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', program, `${here}workflows.ts`],
    { cwd: here, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const late = setTimeout(() => child.kill('SIGKILL'), 50_000);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(late);
  expect({ said, code, signal }).toEqual({ said: 'torn down\n', code: 0, signal: null });
});
