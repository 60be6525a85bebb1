/** What the tests of the client share: an environment and a worker for each file. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context, activityInfo } from '@perdure/activity';
import type { Client } from '@perdure/client';
import { CompleteAsyncError } from '@perdure/common';
import { Worker, type WorkflowBundle, bundleWorkflowCode } from '@perdure/worker';
import { afterAll, beforeAll, expect } from 'vitest';
import { TestWorkflowEnvironment } from '../src/index.ts';
import { replayAll } from './replayed.ts';

export const taskQueue = 'client';
export const workflowsPath = fileURLToPath(new URL('./client-workflows.ts', import.meta.url));
/** Task tokens of the activities that hang, by workflow id. */
export const tokens = new Map<string, Uint8Array>();

export let env: TestWorkflowEnvironment;
export let client: Client;
let worker: Worker;
let running: Promise<void>;
export let bundle: WorkflowBundle | undefined;

/** Gives a file its environment and worker; call it once, first. */
export function useClient(): void {
  beforeAll(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping();
    ({ client } = env);
    await startWorker();
  });
  afterAll(async () => {
    await stopWorker();
    await replayAll(env, { workflowBundle: bundle });
    await env.teardown();
  });
}

async function startWorker(): Promise<void> {
  bundle ??= await bundleWorkflowCode({ workflowsPath });
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: {
      async hang(): Promise<string> {
        noteToken();
        return Context.current().cancelled;
      },
      async handOver(): Promise<string> {
        noteToken();
        throw new CompleteAsyncError();
      },
    },
  });
  running = worker.run();
}

function noteToken(): void {
  const { taskToken, workflowExecution } = activityInfo();
  tokens.set(workflowExecution.workflowId, taskToken);
}

async function stopWorker(): Promise<void> {
  worker.shutdown();
  await running;
}

/** Another worker in place of the one that runs, which ends first. */
export async function restartWorker(): Promise<void> {
  await stopWorker();
  await startWorker();
}

/** Options of a start under an id of its own. */
export const fresh = () => ({ taskQueue, workflowId: `w-${randomUUID()}` });
/** What a call fails with. */
export const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => expect.fail(`it should have failed, and gave ${String(value)}`),
    (error: unknown) => error,
  );
