/**
 * Records the progress of running activities; cancellation is pushed, not answered here. A heartbeat
 * whose details are unacceptable fails its attempt, as an unacceptable result would.
 */
import { PerdureServiceError } from '@perdure/common';
import type { ActivityToken, Heartbeat } from '@perdure/protocol';
import type { Committer } from '../../commit/committer.ts';
import type { CommandRequest } from '../../commit/request.ts';
import { type WorkerSession, activityKey } from '../../matching/worker-session.ts';
import { faultOfName } from '../../policy/names.ts';
import { type PayloadRules, checkBlobs } from '../../policy/payload-guard.ts';

type Command = CommandRequest['command'];

export interface HeartbeatContext {
  readonly committer: Committer;
  readonly session: WorkerSession;
  readonly rules: PayloadRules;
}

export function heartbeatActivities(
  context: HeartbeatContext,
  heartbeats: readonly Heartbeat[],
): void {
  for (const { token, details } of heartbeats) {
    const { scheduledEventId, attempt } = token;
    if (faultOfName(token.workflowId) !== undefined) continue;
    const refusal = refusalOf(context.rules, details);
    if (!refusal) {
      submit(context, token, { kind: 'heartbeatActivity', scheduledEventId, attempt, details });
      continue;
    }
    const { identity } = context.session;
    const { message, code } = refusal;
    const failure = { message, info: { kind: 'application' as const, type: code } };
    submit(context, token, { kind: 'failActivity', scheduledEventId, attempt, identity, failure });
    callOff(context.session, token);
  }
}

function submit(
  { committer, session }: HeartbeatContext,
  token: ActivityToken,
  command: Command,
): void {
  const { workflowId, runId } = token;
  committer.submit(
    { namespaceId: session.namespaceId, workflowId },
    {
      kind: 'command',
      command,
      runId,
      requestId: undefined,
      session,
      deadline: Number.POSITIVE_INFINITY,
      done: ({ outcome }) => {
        if (outcome.kind === 'rejected') callOff(session, token);
      },
      fail() {},
    },
  );
}

/** The attempt is no longer wanted: closed, superseded, timed out or failed. */
function callOff(session: WorkerSession, token: ActivityToken): void {
  const { runId, scheduledEventId, attempt } = token;
  const task = session.running.get(activityKey(runId, scheduledEventId, attempt));
  if (task) session.forget(task);
  session.channel?.cancelActivities([token]);
}

function refusalOf(
  rules: PayloadRules,
  details: Uint8Array | undefined,
): PerdureServiceError | undefined {
  try {
    checkBlobs(rules, { details });
    return undefined;
  } catch (error) {
    if (error instanceof PerdureServiceError) return error;
    throw error;
  }
}
