import { fileURLToPath } from 'node:url';
import { Worker } from '@perdure/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestWorkflowEnvironment } from '../src/index.ts';
import * as workflows from './workflows.ts';

const taskQueue = 'test';
let local: TestWorkflowEnvironment;

beforeAll(async () => {
  local = await TestWorkflowEnvironment.createLocal({ namespace: 'orders' });
});
afterAll(() => local.teardown());

function workerOf(env: TestWorkflowEnvironment): Promise<Worker> {
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  return Worker.create({ connection: env.nativeConnection, taskQueue, workflowsPath });
}

test('a local environment is a real platform, in real time', async () => {
  expect(local.supportsTimeSkipping).toBe(false);
  expect(local.namespace).toBe('orders');
  const worker = await workerOf(local);
  await worker.runUntil(async () => {
    const options = { taskQueue, workflowId: 'short', args: [300] as [number] };
    const slept = await local.client.workflow.execute(workflows.sleepFor, options);
    expect(slept).toBeGreaterThanOrEqual(300);
  });
  const before = await local.currentTimeMs();
  await local.sleep(200);
  const passed = (await local.currentTimeMs()) - before;
  expect(passed).toBeGreaterThanOrEqual(199);
});

test('an environment on a server that runs sees what is there, and leaves it running', async () => {
  const { keyRing } = local.connection.defaults;
  const existing = await TestWorkflowEnvironment.createFromExistingServer({
    address: local.address,
    namespace: 'orders',
    apiKey: local.apiKey,
    client: { keyRing },
  });
  const handle = existing.client.workflow.getHandle<typeof workflows.sleepFor>('short');
  expect(await handle.result()).toBeGreaterThanOrEqual(300);
  await existing.teardown();
  expect((await local.client.workflow.getHandle('short').describe()).status.name).toBe('COMPLETED');
});

test('an API key that is not known is refused', async () => {
  const { address } = local;
  const apiKey = `pk_${'0'.repeat(12)}_${'A'.repeat(43)}`;
  await expect(
    TestWorkflowEnvironment.createFromExistingServer({ address, apiKey }),
  ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
