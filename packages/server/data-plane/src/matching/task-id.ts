/** The id under which a waiting task is announced to the broker. Ids only, never payloads. */
import type { RunRef } from '@perdure/ports';
import type { BacklogTask } from './task-queue.ts';

export function taskIdOf({ run, task }: BacklogTask): string {
  const kind = task.kind === 'workflow' ? 'w' : 'a';
  return [
    run.namespaceId,
    run.shard,
    run.runId,
    `${kind}${task.scheduledEventId}`,
    task.attempt,
  ].join('/');
}

/** The task of an id, or undefined for text that is none. */
export function parseTaskId(id: string): BacklogTask | undefined {
  const match = /^(\d+)\/(\d+)\/([0-9a-f-]{36})\/([wa])(\d+)\/(\d+)$/.exec(id);
  if (!match) return undefined;
  const [, namespaceId, shard, runId, kind, scheduledEventId, attempt] = match;
  const run: RunRef = { namespaceId: Number(namespaceId), shard: Number(shard), runId: runId! };
  return {
    run,
    workflowId: undefined,
    task: {
      kind: kind === 'w' ? 'workflow' : 'activity',
      scheduledEventId: Number(scheduledEventId),
      attempt: Number(attempt),
    },
  };
}
