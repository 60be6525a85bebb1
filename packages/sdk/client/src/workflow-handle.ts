/** Workflows and updates as the caller holds them. Making a handle asks nobody anything. */
import type {
  QueryDefinition,
  SignalDefinition,
  UpdateDefinition,
  Workflow,
  WorkflowResultType,
} from '@perdure/common';
import type { HistoryEvent } from '@perdure/protocol';
import type { WorkflowResultOptions } from './result.ts';
import type { WorkflowExecutionDescription } from './workflow-description.ts';

/** Options of an update. */
export interface WorkflowUpdateOptions {
  /** The same id again is the same update. Default: a random one. */
  readonly updateId?: string;
}

/** Options of an update with its arguments: required when the update takes any. */
export type WithUpdateArgs<Args extends unknown[], O> = O &
  (Args extends [unknown, ...unknown[]]
    ? { readonly args: Args | Readonly<Args> }
    : { readonly args?: Args | Readonly<Args> });

/** Where updates without arguments need no options. */
type UpdateParameters<Args extends unknown[]> = Args extends [unknown, ...unknown[]]
  ? [options: WithUpdateArgs<Args, WorkflowUpdateOptions>]
  : [options?: WithUpdateArgs<Args, WorkflowUpdateOptions>];

/** An update that was brought before a workflow. */
export interface WorkflowUpdateHandle<Ret> {
  readonly updateId: string;
  readonly workflowId: string;
  /** The run that has it, when known. */
  readonly workflowRunId?: string;
  /**
   * Waits for the update to complete.
   *
   * @throws WorkflowUpdateFailedError when the workflow refused it or its handler failed;
   * WorkflowNotFoundError; WorkflowUpdateRPCTimeoutOrCancelledError
   */
  result(): Promise<Ret>;
}

/** A workflow from outside: of one run, or of whichever is current. */
export interface WorkflowHandle<T extends Workflow = Workflow> {
  readonly workflowId: string;
  /** The run whose {@link result} it gives; undefined for the one that is then current. */
  readonly runId: string | undefined;
  /** First run of the chain, when known: only runs of that chain are cancelled or terminated. */
  readonly firstExecutionRunId: string | undefined;
  /**
   * Waits for the run to close, and for those that follow it unless the handle says otherwise.
   *
   * @throws WorkflowFailedError unless it completed; WorkflowNotFoundError when there is none;
   * WorkflowContinuedAsNewError when it continued and runs are not to be followed
   */
  result(): Promise<WorkflowResultType<T>>;
  /**
   * Durable once it resolves.
   *
   * @throws WorkflowNotFoundError when no run is open
   */
  signal<Args extends unknown[] = []>(
    definition: SignalDefinition<Args> | string,
    ...args: Args
  ): Promise<void>;
  /**
   * Asks the workflow; leaves no trace in its history.
   *
   * @throws QueryNotRegisteredError when no handler answers, or it throws
   * @throws QueryRejectedError as the client's queryRejectCondition says
   */
  query<Ret, Args extends unknown[] = []>(
    definition: QueryDefinition<Ret, Args> | string,
    ...args: Args
  ): Promise<Ret>;
  /**
   * Brings an update before the workflow and waits for its outcome.
   *
   * @throws WorkflowUpdateFailedError when the workflow refuses it or its handler fails
   */
  executeUpdate<Ret, Args extends unknown[]>(
    definition: UpdateDefinition<Ret, Args> | string,
    ...options: UpdateParameters<Args>
  ): Promise<Ret>;
  /** Brings an update before the workflow and waits for it to be accepted or refused. */
  startUpdate<Ret, Args extends unknown[]>(
    definition: UpdateDefinition<Ret, Args> | string,
    options: WithUpdateArgs<Args, WorkflowUpdateOptions & { readonly waitForStage: 'ACCEPTED' }>,
  ): Promise<WorkflowUpdateHandle<Ret>>;
  /** A handle to an update that was brought before; asks nobody whether it was. */
  getUpdateHandle<Ret>(updateId: string): WorkflowUpdateHandle<Ret>;
  /** Asks the workflow to cancel itself. */
  cancel(reason?: string): Promise<void>;
  /** Closes it at once, without running its code. */
  terminate(reason?: string, ...details: unknown[]): Promise<void>;
  describe(): Promise<WorkflowExecutionDescription>;
  /**
   * The whole history; payloads as they are stored. `JSON.stringify` writes it as Temporal's tools do,
   * for `Worker.runReplayHistory` to read on another day.
   */
  fetchHistory(): Promise<{ events: HistoryEvent[] }>;
}

/** The handle that a start gives. */
export interface WorkflowHandleWithFirstExecutionRunId<
  T extends Workflow = Workflow,
> extends WorkflowHandle<T> {
  readonly firstExecutionRunId: string;
}

/** The handle that a start gives, with how it went. */
export interface WorkflowHandleWithStartDetails<
  T extends Workflow = Workflow,
> extends WorkflowHandleWithFirstExecutionRunId<T> {
  /** Always false: the first task goes to whichever worker waits, not to this process alone. */
  readonly eagerlyStarted: boolean;
}

/** The handle that a signal with start gives. */
export interface WorkflowHandleWithSignaledRunId<
  T extends Workflow = Workflow,
> extends WorkflowHandle<T> {
  /** The run that got the signal. */
  readonly signaledRunId: string;
}

/** Options of a handle that is not the answer to a start. */
export interface GetWorkflowHandleOptions extends WorkflowResultOptions {
  /** Cancel and terminate runs of the chain that begins with this run, and no others. */
  readonly firstExecutionRunId?: string;
}
