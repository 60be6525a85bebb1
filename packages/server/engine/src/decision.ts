/** What the engine answers. */
import type { WorkflowExecutionStatus } from '@perdure/common';
import type { EventOf, HistoryEvent } from '@perdure/protocol';
import type { ExecutionState } from './state/execution-state.ts';

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
  | 'invalid';

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
}
