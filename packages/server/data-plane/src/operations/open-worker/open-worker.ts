/** A worker's connection to the data plane, from hello to goodbye. */
import type { NamespaceCaller } from '@perdure/contract';
import type { Completion, Heartbeat, OpenWorker } from '@perdure/protocol';
import type { Committer } from '../../commit/committer.ts';
import type { Dispatcher } from '../../commit/dispatcher.ts';
import type { Matcher } from '../../matching/matcher.ts';
import type { Sessions } from '../../matching/sessions.ts';
import type { WorkerChannel } from '../../matching/worker-session.ts';
import type { SessionPump } from '../../pumps/session-pump.ts';
import { completeTasks } from '../complete-tasks/complete-tasks.ts';
import { heartbeatActivities } from '../heartbeat-activities/heartbeat-activities.ts';

export interface WorkerParts {
  readonly committer: Committer;
  readonly dispatcher: Dispatcher;
  readonly matcher: Matcher;
  readonly sessions: Sessions;
  readonly sessionPump: SessionPump;
}

/** What a connected worker can do. */
export interface WorkerConnection {
  credit(workflow: number, activity: number): void;
  complete(completions: readonly Completion[]): void;
  heartbeat(heartbeats: readonly Heartbeat[]): void;
  /** No more tasks. */
  drain(): void;
  /** For good. */
  close(): void;
  /** The socket is gone; the worker may come back. */
  disconnected(): void;
}

/**
 * Opens or resumes a worker session.
 *
 * @throws StoreUnavailableError when its lease could not be written
 */
export async function openWorker(
  parts: WorkerParts,
  caller: NamespaceCaller,
  hello: OpenWorker,
  channel: WorkerChannel,
): Promise<WorkerConnection> {
  const { committer, dispatcher, matcher, sessions } = parts;
  await parts.sessionPump.opened(hello.sessionId);
  const session = sessions.open(caller.namespaceId, hello, channel);
  const context = { committer, dispatcher, session, rules: caller };
  return {
    credit: (workflow, activity) => matcher.grant(session, workflow, activity),
    complete: (completions) => completeTasks(context, completions),
    heartbeat: (heartbeats) => heartbeatActivities(context, heartbeats),
    drain: () => sessions.drain(session),
    close: () => sessions.end(session),
    disconnected: () => sessions.disconnect(session, channel),
  };
}
