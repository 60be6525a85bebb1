/** What the planes offer to the contract. Each function throws PerdureServiceError to refuse. */
import type { ListedExecution } from '@perdure/common';
import type { NamespaceCaller } from './caller.ts';
import type {
  CancelWorkflowInput,
  DescribeWorkflowInput,
  DescribeWorkflowOutput,
  GetHistoryInput,
  GetHistoryOutput,
  ListWorkflowsInput,
  SignalWorkflowInput,
  StartWorkflowInput,
  StartWorkflowOutput,
  TerminateWorkflowInput,
} from './workflow/schemas.ts';

/** Offered by the data plane: one function, one folder under `operations/`. */
export interface WorkflowService {
  startWorkflow(caller: NamespaceCaller, input: StartWorkflowInput): Promise<StartWorkflowOutput>;
  signalWorkflow(caller: NamespaceCaller, input: SignalWorkflowInput): Promise<void>;
  requestCancelWorkflow(caller: NamespaceCaller, input: CancelWorkflowInput): Promise<void>;
  terminateWorkflow(caller: NamespaceCaller, input: TerminateWorkflowInput): Promise<void>;
  describeWorkflow(
    caller: NamespaceCaller,
    input: DescribeWorkflowInput,
  ): Promise<DescribeWorkflowOutput>;
  getHistory(
    caller: NamespaceCaller,
    input: GetHistoryInput,
    signal: AbortSignal | undefined,
  ): Promise<GetHistoryOutput>;
  listWorkflows(
    caller: NamespaceCaller,
    input: ListWorkflowsInput,
  ): Promise<{ executions: ListedExecution[]; nextPageToken?: string }>;
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
  readonly workflows: WorkflowService;
  readonly control: ControlService;
}
