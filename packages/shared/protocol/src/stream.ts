/**
 * The messages of the one WebSocket between an SDK and the server. A frame is a MessagePack array
 * of messages; whoever has several things to say says them in one frame (blueprint §7).
 *
 * Calls (start, signal, …) and workers share the socket. A worker lives in a *channel*, a small
 * number the SDK picks per worker; its *session* is the identity that survives reconnects.
 *
 * Credit: a worker grants slots, the server spends one for each task it hands over. An activity
 * handed back with an acknowledgement (eager) spends one too; the workflow task inside a fused step
 * spends none.
 */
import { errorCodes } from '@perdure/common';
import { command } from './commands.ts';
import { failure } from './failure.ts';
import { workflowTaskFailedCause } from './history/causes.ts';
import { blob } from './payload.ts';
import {
  type ValueOf,
  anything,
  bytes,
  count,
  flag,
  list,
  name,
  optional,
  record,
  text,
  variant,
  word,
} from './record.ts';
import { retryPolicy } from './retry-policy.ts';
import { updateRequest } from './updates.ts';
import { priority } from './workflow-execution.ts';

/** Version of this protocol, sent as WebSocket subprotocol. */
export const STREAM_PROTOCOL = 'perdure.1';
/** Path of the WebSocket. */
export const STREAM_PATH = '/stream';
/** Time between two pings of the server, in milliseconds; one without an answer ends a connection. */
export const PING_INTERVAL_MS = 2_000;
/** Largest frame, in bytes, that either side accepts. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

const errorCode = word(errorCodes);
const errorFields = optional(anything);

/** Names one started attempt of an activity; a stale one is refused by its attempt. */
export const activityToken = record({
  workflowId: name,
  runId: name,
  scheduledEventId: count,
  attempt: count,
});
export type ActivityToken = ValueOf<typeof activityToken>;

/**
 * Names one start of a workflow task. A task is pushed before its start is durable; should that
 * start not come to be, the next one has another fence.
 */
export const workflowTaskToken = record({
  workflowId: name,
  runId: name,
  startedEventId: count,
  attempt: count,
  fence: count,
});
export type WorkflowTaskToken = ValueOf<typeof workflowTaskToken>;

/** One activity result inside a fused step. */
export const stepResult = record({
  scheduledEventId: count,
  attempt: count,
  result: optional(blob),
});

/** What is asked of a run. */
export const workflowQuery = record({
  queryId: name,
  queryName: name,
  args: optional(blob),
  header: optional(blob),
});
export type WorkflowQuery = ValueOf<typeof workflowQuery>;

/**
 * A question for a run that has no workflow task under way, or has closed. It is answered from what the run knew at the end of its last completed task,
 * the one started by `lastStartedEventId` (0: it has none); a worker whose cached copy stands
 * elsewhere replays the history up to there. Of a closed run it is the state at its close.
 */
export const queryTask = record({
  queryId: name,
  workflowId: name,
  runId: name,
  workflowType: name,
  lastStartedEventId: count,
  queryName: name,
  args: optional(blob),
  header: optional(blob),
});
export type QueryTask = ValueOf<typeof queryTask>;

/** The answer, or why there is none. */
export const queryAnswer = record({
  queryId: name,
  result: optional(blob),
  failure: optional(failure),
});
export type QueryAnswer = ValueOf<typeof queryAnswer>;

/** What a worker has finished. `n` is echoed by the acknowledgement. */
export const completion = variant('kind', {
  workflowTaskCompleted: [
    1,
    record({
      n: count,
      token: workflowTaskToken,
      commands: list(command),
      /** Another task is to follow at once: a local activity is still running (semantics 62). */
      forceCreateNewTask: optional(flag),
      /**
       * Answers to queries that came with the task, from what the run knew at its end. They count
       * if the completion does; what is not answered is asked again.
       */
      queryResults: optional(list(queryAnswer)),
    }),
  ],
  workflowTaskFailed: [
    2,
    record({ n: count, token: workflowTaskToken, cause: workflowTaskFailedCause, failure }),
  ],
  activityCompleted: [3, record({ n: count, token: activityToken, result: optional(blob) })],
  activityFailed: [4, record({ n: count, token: activityToken, failure })],
  activityCanceled: [5, record({ n: count, token: activityToken, details: optional(blob) })],
  /**
   * A fused step (blueprint §3): activity results of one run, and the workflow task that follows
   * from them, which the worker has already run. Taken as a whole only if the run's next event id
   * is `assumedNextEventId`; otherwise the results are recorded and the task is refused.
   *
   * The worker predicts the events: per result ActivityTaskStarted and ActivityTaskCompleted, in
   * the order given, then WorkflowTaskScheduled and WorkflowTaskStarted at `workflowTimeMs`, which
   * is the time the workflow code saw.
   */
  step: [
    6,
    record({
      n: count,
      workflowId: name,
      runId: name,
      results: list(stepResult),
      assumedNextEventId: count,
      workflowTimeMs: count,
      commands: list(command),
    }),
  ],
  /** Let go of, not finished: someone else will complete the activity (semantics 14). */
  activityDetached: [7, record({ n: count, token: activityToken })],
  /**
   * Asks whether a task that was pushed has come to be: acknowledged `ok` once its start is durable,
   * `stale` if that came to nothing. Before a task does anything that is seen outside of it.
   */
  workflowTaskConfirmed: [8, record({ n: count, token: workflowTaskToken })],
});
export type Completion = ValueOf<typeof completion>;
export type CompletionOf<K extends Completion['kind']> = Extract<Completion, { kind: K }>;

/** Progress of a running activity. */
export const heartbeat = record({ token: activityToken, details: optional(blob) });
export type Heartbeat = ValueOf<typeof heartbeat>;

/** Opens a worker, or resumes it after a reconnect. */
export const openWorker = record({
  channel: count,
  /** Random text; the same after a reconnect. */
  sessionId: name,
  namespace: name,
  taskQueue: name,
  /** For people: by default `pid@host`. */
  identity: name,
  /** Empty when the worker serves no workflows. */
  workflowTypes: list(name),
  /** Empty when the worker serves no activities. */
  activityTypes: list(name),
  /** Slots free now, all told; replaces whatever credit the session had. */
  workflowCredit: count,
  activityCredit: count,
  /** Attempts the worker is still running; whatever else the session was given is lost. */
  runningActivities: list(activityToken),
  runningWorkflowTasks: list(workflowTaskToken),
});
export type OpenWorker = ValueOf<typeof openWorker>;

/** SDK to server. */
export const upstreamMessage = variant('kind', {
  call: [1, record({ callId: count, path: name, input: optional(anything) })],
  /** The caller no longer wants the reply. */
  cancelCall: [2, record({ callId: count })],
  openWorker: [3, openWorker],
  /** Adds slots. */
  credit: [4, record({ channel: count, workflow: count, activity: count })],
  complete: [5, record({ channel: count, completions: list(completion) })],
  heartbeat: [6, record({ channel: count, heartbeats: list(heartbeat) })],
  /** The worker wants no more tasks; what it still runs it may still complete. */
  drainWorker: [7, record({ channel: count })],
  closeWorker: [8, record({ channel: count })],
  answerQueries: [9, record({ channel: count, answers: list(queryAnswer) })],
});
export type UpstreamMessage = ValueOf<typeof upstreamMessage>;

/** A workflow task pushed to a worker. */
export const workflowTask = record({
  workflowId: name,
  runId: name,
  workflowType: name,
  startedEventId: count,
  attempt: count,
  fence: count,
  /**
   * Events as a segment, the last being the task's WorkflowTaskStarted. They begin at
   * `firstEventId`; a worker whose cached run does not end right before it must fetch the
   * history from 1 (and append what of this segment is not in it yet: a retried task's own
   * Scheduled and Started events are not stored).
   */
  firstEventId: count,
  events: bytes,
  taskTimeoutMs: count,
  /** Updates that wait for an answer; each is answered by a command of this task. */
  updates: optional(list(updateRequest)),
  /** Queries that wait for this task; each is answered in its completion (semantics 39). */
  queries: optional(list(workflowQuery)),
});
export type WorkflowTask = ValueOf<typeof workflowTask>;

/** An activity task pushed to a worker. */
export const activityTask = record({
  token: activityToken,
  workflowType: name,
  activityId: name,
  activityType: name,
  input: optional(blob),
  header: optional(blob),
  scheduledTimeMs: count,
  currentAttemptScheduledTimeMs: count,
  startedTimeMs: count,
  scheduleToCloseTimeoutMs: optional(count),
  startToCloseTimeoutMs: optional(count),
  heartbeatTimeoutMs: optional(count),
  retryPolicy: optional(retryPolicy),
  /** Details of the last heartbeat of an earlier attempt. */
  heartbeatDetails: optional(blob),
  /** The workflow's, where the activity was given none of its own. */
  priority: optional(priority),
});
export type ActivityTask = ValueOf<typeof activityTask>;

/**
 * An activity handed back with the acknowledgement of the very command that scheduled it: the
 * worker still holds its input, so only what the server decided travels. Attempt 1, started now.
 */
export const eagerActivity = record({ activityId: name, scheduledEventId: count });
export type EagerActivity = ValueOf<typeof eagerActivity>;

/** What became of a completion. Anything but `ok` voids the worker's cached copy of the run. */
export const ackOutcomes = [
  /** Recorded, all of it. */
  'ok',
  /** A step's results are recorded, its workflow task is not: something came between. */
  'taskRefused',
  /** Recorded as a failed workflow task (UNHANDLED_COMMAND, bad commands); a new one follows. */
  'taskFailed',
  /** Nothing recorded: closed, timed out, superseded, or recorded before. Forget it. */
  'stale',
  /** Nothing recorded: the completion itself is unacceptable; `code` and `message` say why. */
  'refused',
] as const;
export type AckOutcome = (typeof ackOutcomes)[number];

export const ack = record({
  n: count,
  outcome: word(ackOutcomes),
  /** The run's next event id once this was recorded; 0 when not known. */
  nextEventId: optional(count),
  eager: optional(list(eagerActivity)),
  code: optional(errorCode),
  message: optional(text),
});
export type Ack = ValueOf<typeof ack>;

/** Server to SDK. */
export const downstreamMessage = variant('kind', {
  reply: [1, record({ callId: count, output: optional(anything) })],
  error: [2, record({ callId: count, code: errorCode, message: text, fields: errorFields })],
  workerOpened: [3, record({ channel: count, serverTimeMs: count })],
  workerRefused: [4, record({ channel: count, code: errorCode, message: text })],
  /** Acknowledgements come before the tasks that follow from them. */
  tasks: [
    5,
    record({
      channel: count,
      serverTimeMs: count,
      acks: list(ack),
      workflowTasks: list(workflowTask),
      activityTasks: list(activityTask),
      queries: optional(list(queryTask)),
      /**
       * Run ids: queries wait for the task that the worker does of them. If it waits for a local
       * activity, the task is completed now, and the activity goes on into the next.
       */
      hurried: optional(list(name)),
    }),
  ],
  /** These running activities are to be cancelled. */
  cancelActivities: [6, record({ channel: count, tokens: list(activityToken) })],
  /** The server is about to close the socket; `UNAVAILABLE` means reconnect. */
  goodbye: [7, record({ code: errorCode, message: text })],
});
export type DownstreamMessage = ValueOf<typeof downstreamMessage>;
