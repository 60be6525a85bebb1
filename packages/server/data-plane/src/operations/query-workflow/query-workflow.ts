/**
 * Asks a workflow (semantics 39, 40): a worker answers with a workflow task that it does anyway, or
 * outside of one from its copy of the run, or from one that it makes by replay. Nothing is committed.
 * The worker may be another server's.
 */
import { PerdureServiceError } from '@perdure/common';
import type { NamespaceCaller, QueryWorkflowInput, QueryWorkflowOutput } from '@perdure/contract';
import type { QueryAnswer } from '@perdure/protocol';
import { checkBlobs, checkFailure } from '../../policy/payload-guard.ts';
import { Question } from '../../queries/question.ts';
import type { OperationParts } from '../parts.ts';

/** How long a question may take altogether, in milliseconds. */
const QUERY_TIMEOUT_MS = 10_000;

export async function queryWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  input: QueryWorkflowInput,
  signal: AbortSignal | undefined,
): Promise<QueryWorkflowOutput> {
  const { workflowId, runId, queryName, input: args, header, rejectCondition } = input;
  checkBlobs(caller, { input: args, header });
  const key = { namespaceId: caller.namespaceId, workflowId };
  const asked = { key, runId, queryName, args, header, rejectCondition };
  const end = parts.waitingQueries.begin(key);
  const question = new Question(parts.newRunId(), asked);
  parts.letterOffice?.accompany(question);
  try {
    return outputOf(caller, await answered(parts, question, signal));
  } finally {
    end();
  }
}

/** @throws PerdureServiceError DEADLINE_EXCEEDED when it has taken too long, or the caller left */
async function answered(
  { queryDesk }: OperationParts,
  question: Question,
  signal: AbortSignal | undefined,
): Promise<QueryAnswer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), QUERY_TIMEOUT_MS);
  const ended = AbortSignal.any(signal ? [signal, late.signal] : [late.signal]);
  const giveUp = (): void => question.fail(unanswered(question));
  ended.addEventListener('abort', giveUp);
  if (ended.aborted) giveUp();
  try {
    return await queryDesk.ask(question);
  } finally {
    clearTimeout(timer);
    ended.removeEventListener('abort', giveUp);
  }
}

function unanswered({ asked, waitsFor }: Question): PerdureServiceError {
  const { workflowId } = asked.key;
  return new PerdureServiceError(
    'DEADLINE_EXCEEDED',
    `workflow '${workflowId}' was not answered for in ${QUERY_TIMEOUT_MS} ms: ${waitsFor}`,
    { workflowId },
  );
}

function outputOf(caller: NamespaceCaller, { result, failure }: QueryAnswer): QueryWorkflowOutput {
  if (failure) {
    checkFailure(caller, failure);
    return { kind: 'failed', failure };
  }
  checkBlobs(caller, { result });
  return { kind: 'answered', result };
}
