/** What waits in a workflow's mailbox: a command, whom it is for, and whom to tell. */
import type { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@perdure/common';
import type { EngineCommand, Outcome, StartWorkflow } from '@perdure/engine';
import type { BacklogTask } from '../matching/task-queue.ts';
import type { HandOver, WorkerSession } from '../matching/worker-session.ts';

/** What is said once the command's effect is durable (or there was none). */
export interface Reply {
  readonly outcome: Outcome;
  /** The run the command reached; empty when there was none. */
  readonly runId: string;
  /** The first run of its chain; empty when there was none. */
  readonly firstExecutionRunId: string;
  /** The run's next event id after the transition; 0 when there was no run. */
  readonly nextEventId: number;
  /** Activities this command scheduled that were handed back to its session. */
  readonly eager: readonly HandOver[];
  /** The request id had been answered before: nothing was done now. */
  readonly duplicate: boolean;
}

interface Waiting {
  /** Called once. Never throws. */
  done(reply: Reply): void;
  /** Called instead of `done` when it is given up. */
  fail(error: Error): void;
  /** Milliseconds since the epoch; a store that stays away longer makes it fail. */
  readonly deadline: number;
  /** When it came, by a clock that only runs forward; set by the committer. */
  submittedAt?: number;
}

/** A command for an existing run. */
export interface CommandRequest extends Waiting {
  readonly kind: 'command';
  readonly command: Exclude<EngineCommand, StartWorkflow>;
  /** Only this run; undefined means whichever is current. */
  readonly runId: string | undefined;
  readonly requestId: string | undefined;
  /** Worker that sent it: first choice for activities that follow (eager). */
  readonly session: WorkerSession | undefined;
}

/** A start. */
export interface StartRequest extends Waiting {
  readonly kind: 'start';
  readonly command: StartWorkflow;
  readonly reusePolicy: WorkflowIdReusePolicy;
  readonly conflictPolicy: WorkflowIdConflictPolicy;
}

/** Look after the run: fire what is due, hand on what lost its worker. */
interface WakeRequest extends Waiting {
  readonly kind: 'wake';
}

/** A waiting task is to be started on a session whose slot has been taken for it. */
export interface PlaceRequest extends Waiting {
  readonly kind: 'place';
  readonly runId: string;
  readonly session: WorkerSession;
  readonly task: BacklogTask['task'];
}

export type Request = CommandRequest | StartRequest | WakeRequest | PlaceRequest;

/** A request whose answer is a promise. */
export type Question<R extends Request = Request> = R extends Request
  ? Omit<R, 'done' | 'fail'>
  : never;
