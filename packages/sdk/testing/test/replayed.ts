/** Every test is a replay test too: what its workflows did, their code must do again. */
import { type ReplayWorkerOptions, Worker } from '@perdure/worker';
import { expect } from 'vitest';
import type { TestWorkflowEnvironment } from '../src/index.ts';

/** Replays every history of an environment, before it is torn down. */
export async function replayAll(
  { client, connection, namespace }: TestWorkflowEnvironment,
  code: ReplayWorkerOptions,
): Promise<void> {
  const { keyRing } = connection.defaults;
  const histories = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push({ workflowId, history });
  }
  const failed = [];
  const replays = Worker.runReplayHistories({ namespace, keyRing, ...code }, histories);
  for await (const { workflowId, error } of replays) if (error) failed.push({ workflowId, error });
  expect(failed).toEqual([]);
}
