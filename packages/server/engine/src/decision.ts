/** What the engine answers. */
import type { ContinueAsNewInitiator, WorkflowExecutionStatus } from '@perdure/common';
import type { EventOf, Failure, HistoryEvent, PayloadBlob } from '@perdure/protocol';
import type { CloseEvent } from './state/apply-closed.ts';
import type { ExecutionState } from './state/execution-state.ts';

/** What a decision may know of the world. */
export interface Environment {
  /** The present, in milliseconds since the Unix epoch. */
  readonly now: number;
  /**
   * A new run id, for a run that follows this one. Without it a transition that would begin such a
   * run throws before it changes anything.
   */
  readonly newRunId?: () => string;
  /** Bytes of the state as it was last stored; where nobody says, they are not limited. */
  readonly stateBytes?: number;
}

/** What became of one command. A rejected command has changed nothing. */
export type Outcome =
  | { readonly kind: 'accepted' }
  /** completeStep: the results are recorded, the speculative workflow task is not. */
  | { readonly kind: 'taskRefused' }
  /** completeWorkflowTask or completeStep: recorded as WorkflowTaskFailed; a new task follows. */
  | { readonly kind: 'taskFailed'; readonly message: string }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly message: string };

export type RejectionReason =
  /** There is no run, or it has closed. */
  | 'notFound'
  /** A run exists already (startWorkflow on a non-empty transition). */
  | 'alreadyStarted'
  /** The task or attempt is closed, superseded or not started: drop it. */
  | 'stale'
  /** The command itself makes no sense. */
  | 'invalid'
  /** The run has as many of these as it may have; later there may be room. */
  | 'limitExceeded';

/** Work that follows from a transition. All of it can be recomputed from the state. */
export type FollowUp =
  | {
      readonly kind: 'dispatchWorkflowTask';
      readonly scheduledEventId: number;
      readonly attempt: number;
      readonly taskQueue: string;
      /** Prefer this session: it has the run cached. */
      readonly stickySession: string | undefined;
      readonly enqueuedAt: number;
    }
  | {
      readonly kind: 'dispatchActivity';
      readonly scheduledEventId: number;
      readonly attempt: number;
      readonly taskQueue: string;
      readonly activityId: string;
      readonly enqueuedAt: number;
      /** The event, when it was decided in this very transition (else read it from history). */
      readonly scheduled: EventOf<'ActivityTaskScheduled'> | undefined;
    }
  /** Tell the worker that runs this attempt to cancel it. */
  | {
      readonly kind: 'cancelActivity';
      readonly scheduledEventId: number;
      readonly attempt: number;
      readonly session: string;
    };

/** A dispatch that waits in the outbox because nobody took it in its own transition. */
export interface OutboxTask {
  readonly kind: 'workflow' | 'activity';
  readonly scheduledEventId: number;
  readonly attempt: number;
  readonly taskQueue: string;
  readonly enqueuedAt: number;
}

/**
 * Work between workflows: see `transfers.ts`. Owed from the commit that adds it until a command
 * reports how it went.
 */
export interface Transfer {
  readonly kind: TransferKind;
  /** The event that asks for it; 0 for what the close of the run asks for. */
  readonly initiatedEventId: number;
}

export type TransferKind =
  /** Start the child of StartChildWorkflowExecutionInitiated. */
  | 'startChild'
  /** Have the parent record that this child was started, and begin it; see `beginChild`. */
  | 'reportStart'
  /** Deliver the signal of SignalExternalWorkflowExecutionInitiated. */
  | 'signalExternal'
  /** Deliver the cancel request of RequestCancelExternalWorkflowExecutionInitiated. */
  | 'cancelExternal'
  /** Tell the parent of a closed run how it ended. */
  | 'notifyParent'
  /** Terminate or cancel the children of a closed run, as their close policies say. */
  | 'closeChildren';

/** The run that follows a closed one under the same workflow id; make it with `nextRunCommand`. */
export interface NextRun {
  readonly runId: string;
  readonly initiator: ContinueAsNewInitiator;
  readonly attempt: number;
  /** How long its first workflow task waits, in milliseconds. */
  readonly backoffMs: number;
  /** The end of the run before. */
  readonly closeEvent: CloseEvent;
  /** Whether the run before still waited for its parent, as this one then does. */
  readonly awaitsParent: boolean;
  /** Request id of the start that began the chain: the same start again means this chain. */
  readonly requestId: string;
}

/** What became of an update, for whoever waits for it. */
export type UpdateNews = { readonly updateId: string } & (
  | { readonly kind: 'accepted' }
  | { readonly kind: 'completed'; readonly result?: PayloadBlob; readonly failure?: Failure }
  /** Its validator refused it, or the worker does not know it. Nothing of it is kept. */
  | { readonly kind: 'rejected'; readonly failure: Failure }
  /** The run closed first. A run that follows takes it if it was not accepted yet. */
  | { readonly kind: 'aborted'; readonly accepted: boolean }
);

/** A finished transition: what is to be committed. */
export interface Decision {
  /** Appended to the history, in order, ids dense. Empty when only volatile facts changed. */
  readonly events: readonly HistoryEvent[];
  readonly state: ExecutionState;
  /** Whether anything at all changed; if not, there is nothing to commit. */
  readonly changed: boolean;
  readonly outbox: { readonly add: readonly OutboxTask[]; readonly remove: readonly OutboxTask[] };
  /** Set when the store must move the run's wake-up; 0 means none. */
  readonly wake: { readonly from: number; readonly to: number } | undefined;
  /** Set when this transition closed the run. */
  readonly closed:
    | { readonly status: WorkflowExecutionStatus; readonly closeTime: number }
    | undefined;
  readonly transfers: { readonly add: readonly Transfer[]; readonly remove: readonly Transfer[] };
  /** Set when another run follows: to be committed together with this transition. */
  readonly next: NextRun | undefined;
  /** In order; tell the waiting callers once this is durable. */
  readonly updates: readonly UpdateNews[];
}
