/**
 * The one contract: which calls exist, what they take and give, who may make them. It knows the
 * planes only as interfaces, so that clients can share its types.
 */
export { type AppRouter, appRouter } from './app-router.ts';
export { bytesTransformer } from './bytes-transformer.ts';
export type { Caller, NamespaceCaller, OperatorCaller } from './caller.ts';
export type { ContractContext } from './procedures.ts';
export { faultInside, httpStatusOf, isOurFault, refusalIn } from './refusals.ts';
export type {
  ApiKeyInfo,
  ControlService,
  MessageService,
  NamespaceInfo,
  Services,
  WorkflowService,
} from './services.ts';
export type {
  ActivityTarget,
  CompleteActivityInput,
  FailActivityInput,
  HeartbeatActivityInput,
  HeartbeatActivityOutput,
  ReportActivityCancellationInput,
} from './workflow/activities.ts';
export type {
  DescribeWorkflowInput,
  DescribeWorkflowOutput,
  PendingActivity,
  PendingChild,
  PendingUpdate,
  PendingWorkflowTask,
} from './workflow/describe.ts';
export type {
  CancelWorkflowInput,
  GetHistoryInput,
  GetHistoryOutput,
  ListWorkflowsInput,
  SignalWorkflowInput,
  TerminateWorkflowInput,
} from './workflow/executions.ts';
export type { QueryWorkflowInput, QueryWorkflowOutput } from './workflow/queries.ts';
export type {
  SignalWithStartInput,
  SignalWithStartOutput,
  StartWorkflowInput,
  StartWorkflowOutput,
} from './workflow/start.ts';
export type {
  PollUpdateInput,
  UpdateOutcome,
  UpdateWithStartInput,
  UpdateWithStartOutput,
  UpdateWorkflowInput,
  UpdateWorkflowOutput,
} from './workflow/updates.ts';
