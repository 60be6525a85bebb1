/** Records the progress of running activities; cancellation is pushed, not answered here. */
import type { Heartbeat } from '@perdure/protocol';
import type { Committer } from '../../commit/committer.ts';
import { type WorkerSession, activityKey } from '../../matching/worker-session.ts';
import { type PayloadRules, checkBlobs } from '../../policy/payload-guard.ts';

export function heartbeatActivities(
  {
    committer,
    session,
    rules,
  }: { committer: Committer; session: WorkerSession; rules: PayloadRules },
  heartbeats: readonly Heartbeat[],
): void {
  for (const { token, details } of heartbeats) {
    checkBlobs(rules, { details });
    const { workflowId, runId, scheduledEventId, attempt } = token;
    committer.submit(
      { namespaceId: session.namespaceId, workflowId },
      {
        kind: 'command',
        command: { kind: 'heartbeatActivity', scheduledEventId, attempt, details },
        runId,
        requestId: undefined,
        session,
        deadline: Number.POSITIVE_INFINITY,
        done: ({ outcome }) => {
          if (outcome.kind !== 'rejected') return;
          // The attempt is no longer wanted: closed, superseded or timed out.
          session.running.delete(activityKey(runId, scheduledEventId, attempt));
          session.channel?.cancelActivities([token]);
        },
        fail() {},
      },
    );
  }
}
