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
  NamespaceInfo,
  Services,
  WorkflowService,
} from './services.ts';
export type {
  CancelWorkflowInput,
  DescribeWorkflowInput,
  DescribeWorkflowOutput,
  GetHistoryInput,
  GetHistoryOutput,
  ListWorkflowsInput,
  PendingActivity,
  PendingWorkflowTask,
  SignalWorkflowInput,
  StartWorkflowInput,
  StartWorkflowOutput,
  TerminateWorkflowInput,
} from './workflow/schemas.ts';
