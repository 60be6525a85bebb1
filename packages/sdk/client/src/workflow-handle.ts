import type { SignalDefinition, Workflow, WorkflowResultType } from '@perdure/common';
import type { WorkflowExecutionStatus } from '@perdure/common';
import type {
  DescribeWorkflowOutput,
  PendingActivity,
  PendingWorkflowTask,
} from '@perdure/contract';
import type { HistoryEvent } from '@perdure/protocol';

/** An activity that has not closed, its last failure as an error. */
export interface PendingActivityInfo extends Omit<
  PendingActivity,
  'lastFailure' | 'heartbeatDetails' | 'scheduledTime' | 'lastStartedTime' | 'nextAttemptTime'
> {
  readonly lastFailure?: Error;
  readonly heartbeatDetails?: unknown;
  readonly scheduledTime: Date;
  readonly lastStartedTime?: Date;
  /** When the next attempt is due, while it waits for that. */
  readonly nextAttemptTime?: Date;
}

/** What `describe` tells. */
export interface WorkflowExecutionDescription {
  readonly type: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly taskQueue: string;
  readonly status: { readonly name: WorkflowExecutionStatus };
  readonly historyLength: number;
  readonly startTime: Date;
  readonly closeTime?: Date;
  readonly pendingActivities: readonly PendingActivityInfo[];
  readonly pendingWorkflowTask?: PendingWorkflowTask;
  /** As the server sent it. */
  readonly raw: DescribeWorkflowOutput;
}

/** A workflow from outside: of one run, or of whichever is current. */
export interface WorkflowHandle<T extends Workflow = Workflow> {
  readonly workflowId: string;
  readonly runId: string | undefined;
  /** First run of the chain, when known. */
  readonly firstExecutionRunId: string | undefined;
  /**
   * Waits for the run to close.
   *
   * @throws WorkflowFailedError unless it completed; WorkflowNotFoundError when there is none
   */
  result(): Promise<WorkflowResultType<T>>;
  /** Durable once it resolves. */
  signal<Args extends unknown[]>(
    definition: SignalDefinition<Args> | string,
    ...args: Args
  ): Promise<void>;
  /** Asks the workflow to cancel itself. */
  cancel(reason?: string): Promise<void>;
  /** Closes it at once, without running its code. */
  terminate(reason?: string, ...details: unknown[]): Promise<void>;
  describe(): Promise<WorkflowExecutionDescription>;
  /** The whole history; payloads as they are stored. */
  fetchHistory(): Promise<{ events: HistoryEvent[] }>;
}

/** The handle that a start gives. */
export interface WorkflowHandleWithFirstExecutionRunId<
  T extends Workflow = Workflow,
> extends WorkflowHandle<T> {
  readonly firstExecutionRunId: string;
}
