/** Queries: asked of a workflow, answered by its worker (semantics 39, 40). */
import type { ClientParts } from './client-parts.ts';
import { QueryNotRegisteredError } from './errors.ts';
import {
  type WorkflowExecutionTarget,
  type WorkflowQueryInput,
  intercepted,
} from './interceptors.ts';
import { noHeaders } from './start.ts';

/**
 * Asks a workflow.
 *
 * @throws QueryNotRegisteredError when no handler answers, or it throws; QueryRejectedError when the
 * client wants no answer of such a run; WorkflowNotFoundError
 */
export function query(
  parts: ClientParts,
  workflowExecution: WorkflowExecutionTarget,
  queryType: string,
  args: readonly unknown[],
): Promise<unknown> {
  const { queryRejectCondition } = parts;
  const send = intercepted(parts.interceptors, 'query', (input) => sendQuery(parts, input));
  return send({ queryType, args, workflowExecution, queryRejectCondition, headers: noHeaders() });
}

async function sendQuery(parts: ClientParts, input: WorkflowQueryInput): Promise<unknown> {
  const { workflowExecution, queryType, args, headers, queryRejectCondition } = input;
  const { workflowId } = workflowExecution;
  const { namespace } = parts;
  const converter = await parts.loadConverter();
  const call = {
    ...workflowExecution,
    namespace,
    queryName: queryType,
    input: await converter.encodeArgs(parts.place(workflowId, 'query-input'), args),
    header: await parts.encodeHeaders(workflowId, headers),
    rejectCondition: queryRejectCondition,
  };
  const answer = await parts.call(workflowExecution, 'queryWorkflow', call);
  if (answer.kind === 'answered') {
    return converter.decodeValue(parts.place(workflowId, 'query-result'), answer.result);
  }
  const cause = await parts.openFailure(workflowId, answer.failure);
  throw new QueryNotRegisteredError(cause.message, cause);
}
