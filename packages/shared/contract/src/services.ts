/**
 * What the planes offer to the contract. Each function throws PerdureServiceError to refuse, and
 * any write that it answers is durable. The caller's namespace has been checked.
 */
import type { ListedExecution } from '@perdure/common';
import type { NamespaceCaller } from './caller.ts';
import type {
  CompleteActivityInput,
  FailActivityInput,
  HeartbeatActivityInput,
  HeartbeatActivityOutput,
  ReportActivityCancellationInput,
} from './workflow/activities.ts';
import type { DescribeWorkflowInput, DescribeWorkflowOutput } from './workflow/describe.ts';
import type {
  CancelWorkflowInput,
  GetHistoryInput,
  GetHistoryOutput,
  ListWorkflowsInput,
  SignalWorkflowInput,
  TerminateWorkflowInput,
} from './workflow/executions.ts';
import type { QueryWorkflowInput, QueryWorkflowOutput } from './workflow/queries.ts';
import type {
  SignalWithStartInput,
  SignalWithStartOutput,
  StartWorkflowInput,
  StartWorkflowOutput,
} from './workflow/start.ts';
import type {
  PollUpdateInput,
  UpdateWithStartInput,
  UpdateWithStartOutput,
  UpdateWorkflowInput,
  UpdateWorkflowOutput,
} from './workflow/updates.ts';

/** Offered by the data plane: one function, one folder under `operations/`. */
export interface WorkflowService {
  /**
   * Starts a run, or answers with the one that the id policies point to (semantics 58). The same
   * request id again changes nothing and names the same run.
   *
   * Refuses: WORKFLOW_ALREADY_STARTED with the run in the way; INVALID_ARGUMENT for a cron schedule
   * that is none, or options that contradict each other.
   */
  startWorkflow(caller: NamespaceCaller, input: StartWorkflowInput): Promise<StartWorkflowOutput>;
  /**
   * Appends a signal; the same request id again changes nothing.
   *
   * Refuses: WORKFLOW_NOT_FOUND when there is no open run.
   */
  signalWorkflow(caller: NamespaceCaller, input: SignalWorkflowInput): Promise<void>;
  /**
   * Asks a run to cancel itself; asking again changes nothing.
   *
   * Refuses: WORKFLOW_NOT_FOUND when there is no open run, or it belongs to another chain than
   * `firstExecutionRunId` names.
   */
  requestCancelWorkflow(caller: NamespaceCaller, input: CancelWorkflowInput): Promise<void>;
  /**
   * Closes a run at once; no workflow code runs (semantics 56).
   *
   * Refuses: as {@link requestCancelWorkflow}.
   */
  terminateWorkflow(caller: NamespaceCaller, input: TerminateWorkflowInput): Promise<void>;
  /**
   * Facts of a run, open or closed, after everything acknowledged before.
   *
   * Refuses: WORKFLOW_NOT_FOUND.
   */
  describeWorkflow(
    caller: NamespaceCaller,
    input: DescribeWorkflowInput,
  ): Promise<DescribeWorkflowOutput>;
  /**
   * A page of the events of a run, or its close as soon as it happens. The event that closes a run
   * names the run that follows it, if one does (`newExecutionRunId`); to follow it is up to the
   * caller.
   *
   * Refuses: WORKFLOW_NOT_FOUND.
   */
  getHistory(
    caller: NamespaceCaller,
    input: GetHistoryInput,
    signal: AbortSignal | undefined,
  ): Promise<GetHistoryOutput>;
  /** Rows of the namespace, latest start first; a run that was acknowledged is among them. */
  listWorkflows(
    caller: NamespaceCaller,
    input: ListWorkflowsInput,
  ): Promise<{ executions: ListedExecution[]; nextPageToken?: string }>;
  /**
   * Completes an activity from outside its worker. The same request id again changes nothing.
   *
   * Refuses: ACTIVITY_NOT_FOUND when it has ended, was never started, runs another attempt than the
   * token names, or its run is not open.
   */
  completeActivity(caller: NamespaceCaller, input: CompleteActivityInput): Promise<void>;
  /**
   * Fails the attempt that runs; the retry policy decides whether another follows.
   *
   * Refuses: as {@link completeActivity}.
   */
  failActivity(caller: NamespaceCaller, input: FailActivityInput): Promise<void>;
  /**
   * Says that the activity has stopped because it was asked to.
   *
   * Refuses: as {@link completeActivity}; INVALID_ARGUMENT when nobody asked it to.
   */
  reportActivityCancellation(
    caller: NamespaceCaller,
    input: ReportActivityCancellationInput,
  ): Promise<void>;
  /**
   * Says that the attempt is alive, and tells whether it is still wanted.
   *
   * Refuses: as {@link completeActivity}.
   */
  heartbeatActivity(
    caller: NamespaceCaller,
    input: HeartbeatActivityInput,
  ): Promise<HeartbeatActivityOutput>;
}

/** What is said to running workflows. Offered by the data plane, like {@link WorkflowService}. */
export interface MessageService {
  /**
   * Signals the open run, or starts one that has the signal from the beginning: both or nothing
   * (semantics 37, 59). USE_EXISTING signals whatever run is open; TERMINATE_EXISTING closes that
   * one first; when none is open the reuse policy decides, and if it forbids a start there is no
   * signal either. The same request id again changes nothing and names the same run.
   *
   * Refuses: as {@link WorkflowService.startWorkflow}.
   */
  signalWithStart(
    caller: NamespaceCaller,
    input: SignalWithStartInput,
  ): Promise<SignalWithStartOutput>;
  /**
   * Brings an update before the workflow and waits for the stage that is wanted, for some 20 s at
   * most; then it answers with the stage that is reached, ADMITTED if that is all. Whoever wants
   * more asks again with the same update id, which is not a second update while the first one is
   * admitted, accepted or completed (semantics 44): a completed one is answered from its recorded
   * outcome, also once its run has closed. An update that the validator refused is COMPLETED with a
   * failure and then forgotten. A run that closes takes with it what it has accepted (COMPLETED with
   * a failure); what it has not accepted goes to the run that continues it, if one does.
   *
   * Refuses: WORKFLOW_NOT_FOUND when there is no open run to take it, or it belongs to another
   * chain than `firstExecutionRunId` names; RESOURCE_EXHAUSTED when the run takes no more updates.
   *
   * @param signal aborted when nobody waits any more; the update goes its way all the same
   */
  updateWorkflow(
    caller: NamespaceCaller,
    input: UpdateWorkflowInput,
    signal: AbortSignal | undefined,
  ): Promise<UpdateWorkflowOutput>;
  /**
   * Waits like {@link updateWorkflow} for an update that was brought before. Works on closed runs.
   *
   * Refuses: WORKFLOW_NOT_FOUND; UPDATE_NOT_FOUND when the run knows no such update.
   */
  pollUpdate(
    caller: NamespaceCaller,
    input: PollUpdateInput,
    signal: AbortSignal | undefined,
  ): Promise<UpdateWorkflowOutput>;
  /**
   * A start and an update in one: the update is brought before the run that the start begins or,
   * with USE_EXISTING, before the open one; if either is refused, neither is done (semantics 45).
   * The update is in the first workflow task of a run that is begun. Waits like
   * {@link updateWorkflow}. The same request id and update id again change nothing and name the
   * same run.
   *
   * Refuses: as {@link WorkflowService.startWorkflow} and {@link updateWorkflow}.
   */
  updateWithStart(
    caller: NamespaceCaller,
    input: UpdateWithStartInput,
    signal: AbortSignal | undefined,
  ): Promise<UpdateWithStartOutput>;
  /**
   * Asks the workflow, in the state that everything acknowledged before has brought it to. Leaves no
   * event and commits nothing (semantics 39). Closed runs answer too.
   *
   * Refuses: WORKFLOW_NOT_FOUND; QUERY_REJECTED with `status` as the condition says;
   * WORKFLOW_NOT_READY when its workflow task has failed three times in a row ('Workflow Task in
   * failed state'), or it closed before any task completed; RESOURCE_EXHAUSTED when too many
   * queries wait; DEADLINE_EXCEEDED when no worker has answered in some 10 s.
   */
  queryWorkflow(
    caller: NamespaceCaller,
    input: QueryWorkflowInput,
    signal: AbortSignal | undefined,
  ): Promise<QueryWorkflowOutput>;
}

export interface NamespaceInfo {
  readonly name: string;
  readonly sealed: boolean;
  readonly createdAt: number;
}

export interface ApiKeyInfo {
  readonly id: string;
  readonly label: string;
  readonly createdAt: number;
  readonly revokedAt?: number;
}

/** Offered by the control plane. */
export interface ControlService {
  createNamespace(input: { name: string; sealed: boolean }): Promise<NamespaceInfo>;
  listNamespaces(): Promise<NamespaceInfo[]>;
  /** The key text is in the answer and nowhere else, ever. */
  createApiKey(input: { namespace: string; label: string }): Promise<ApiKeyInfo & { key: string }>;
  listApiKeys(input: { namespace: string }): Promise<ApiKeyInfo[]>;
  revokeApiKey(input: { namespace: string; id: string }): Promise<void>;
}

export interface Services {
  readonly workflows: WorkflowService & MessageService;
  readonly control: ControlService;
}
