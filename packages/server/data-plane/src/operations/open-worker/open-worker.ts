/** A worker's connection to the data plane, from hello to goodbye. */
import { PerdureServiceError } from '@perdure/common';
import type { NamespaceCaller } from '@perdure/contract';
import type { Completion, Heartbeat, OpenWorker, QueryAnswer } from '@perdure/protocol';
import type { Committer } from '../../commit/committer.ts';
import type { Dispatcher } from '../../commit/dispatcher.ts';
import type { LetterOffice } from '../../letters/letter-office.ts';
import type { Matcher } from '../../matching/matcher.ts';
import { type Sessions, sessionName } from '../../matching/sessions.ts';
import type { WorkerChannel } from '../../matching/worker-session.ts';
import { faultOfName } from '../../policy/names.ts';
import type { SessionPump } from '../../pumps/session-pump.ts';
import type { QueryDesk } from '../../queries/query-desk.ts';
import { completeTasks } from '../complete-tasks/complete-tasks.ts';
import { heartbeatActivities } from '../heartbeat-activities/heartbeat-activities.ts';

/** Most characters in the names of all types that a worker serves: they are kept while it is there. */
const MAX_TYPES_LENGTH = 256 * 1024;

export interface WorkerParts {
  readonly committer: Committer;
  readonly dispatcher: Dispatcher;
  readonly matcher: Matcher;
  readonly sessions: Sessions;
  readonly sessionPump: SessionPump;
  readonly queryDesk: QueryDesk;
  readonly letterOffice: LetterOffice | undefined;
}

/** What a connected worker can do. */
export interface WorkerConnection {
  credit(workflow: number, activity: number): void;
  complete(completions: readonly Completion[]): void;
  heartbeat(heartbeats: readonly Heartbeat[]): void;
  answerQueries(answers: readonly QueryAnswer[]): void;
  /** No more tasks. */
  drain(): void;
  /** For good. */
  close(): void;
  /** The socket is gone; the worker may come back. */
  disconnected(): void;
}

/**
 * Opens or resumes a worker session. The connection acts for the session until another one has
 * taken its place: what still comes in from an earlier one is stale, and the worker says it again.
 *
 * @throws PerdureServiceError INVALID_ARGUMENT for names that cannot be right
 * @throws StoreUnavailableError when its lease could not be written
 */
export async function openWorker(
  parts: WorkerParts,
  caller: NamespaceCaller,
  hello: OpenWorker,
  channel: WorkerChannel,
): Promise<WorkerConnection> {
  const { committer, dispatcher, matcher, sessions, sessionPump } = parts;
  const { queryDesk, letterOffice } = parts;
  checkNames(hello);
  checkTypes(hello);
  const name = sessionName(caller.namespaceId, hello.sessionId);
  await sessionPump.opened(name);
  const session = sessions.open(caller.namespaceId, hello, channel);
  const context = { committer, dispatcher, session, queryDesk, letterOffice, rules: caller };
  const whileCurrent = (act: () => void) => {
    if (session.channel === channel) act();
  };
  // What was posted meanwhile, once the worker has been told that it is connected.
  setImmediate(() => whileCurrent(() => session.flush()));
  return {
    credit: (workflow, activity) => whileCurrent(() => matcher.grant(session, workflow, activity)),
    complete: (completions) => whileCurrent(() => completeTasks(context, completions)),
    heartbeat: (heartbeats) => whileCurrent(() => heartbeatActivities(context, heartbeats)),
    answerQueries: (answers) => whileCurrent(() => session.answered(answers)),
    drain: () => whileCurrent(() => sessions.drain(session)),
    close: () =>
      whileCurrent(() => {
        sessions.end(session);
        void sessionPump.ended(name);
      }),
    disconnected: () => whileCurrent(() => sessions.disconnect(session)),
  };
}

function checkTypes({ workflowTypes, activityTypes }: OpenWorker): void {
  let length = 0;
  for (const type of [...workflowTypes, ...activityTypes]) length += type.length;
  if (length <= MAX_TYPES_LENGTH) return;
  throw new PerdureServiceError(
    'INVALID_ARGUMENT',
    `the names of a worker's types may have ${MAX_TYPES_LENGTH} characters together; these have ${length}; spread them over several workers`,
    { field: 'activityTypes' },
  );
}

function checkNames({ sessionId, taskQueue, identity }: OpenWorker): void {
  const names = { sessionId, taskQueue, identity };
  for (const [field, value] of Object.entries(names)) {
    const fault = faultOfName(value, field === 'identity' ? 0 : 1);
    if (fault === undefined) continue;
    throw new PerdureServiceError('INVALID_ARGUMENT', `'${field}' of a worker ${fault}`, { field });
  }
}
