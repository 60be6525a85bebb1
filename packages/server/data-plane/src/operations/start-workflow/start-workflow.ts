import type { NamespaceCaller, StartWorkflowInput, StartWorkflowOutput } from '@perdure/contract';
import type { OperationParts } from '../parts.ts';
import { submitStart } from '../submit-start.ts';

/** Starts a run, or answers with the one that the id policies point to (semantics 58). */
export async function startWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  input: StartWorkflowInput,
): Promise<StartWorkflowOutput> {
  const { runId, firstExecutionRunId, duplicate } = await submitStart(parts, caller, input);
  return { runId, firstExecutionRunId, started: !duplicate };
}
