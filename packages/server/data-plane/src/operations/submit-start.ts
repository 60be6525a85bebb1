/** A start on its way through the mailbox, with or without something to say to the run. */
import { PerdureServiceError } from '@perdure/common';
import type { NamespaceCaller, StartWorkflowInput } from '@perdure/contract';
import { type StartWorkflow, faultOfStart } from '@perdure/engine';
import type { Reply } from '../commit/request.ts';
import { checkSearchAttributes } from '../policy/command-guard.ts';
import type { WorkflowKey } from '@perdure/ports';
import { checkBlobs } from '../policy/payload-guard.ts';
import { CALL_TIMEOUT_MS } from './ask.ts';
import type { OperationParts } from './parts.ts';

/**
 * Starts a run, or answers with the one that the id policies point to (semantics 58).
 *
 * @param message said to the run, in the same transition: the one that is begun or used
 * @throws PerdureServiceError WORKFLOW_ALREADY_STARTED, INVALID_ARGUMENT, RESOURCE_EXHAUSTED
 */
export async function submitStart(
  parts: OperationParts,
  caller: NamespaceCaller,
  input: StartWorkflowInput,
  message?: StartWorkflow['message'],
): Promise<Reply> {
  const { header, memo, userMetadata: { summary, details } = {} } = input;
  checkPolicies(input);
  checkBlobs(caller, { input: input.input, header, memo, summary, details });
  if (input.searchAttributes) checkSearchAttributes(input.searchAttributes);
  const key = { namespaceId: caller.namespaceId, workflowId: input.workflowId };
  const before = message && (await answeredBefore(parts, key, input.requestId));
  if (before) return before;
  const facts = { ...factsOf(input), message };
  const command: StartWorkflow = { kind: 'startWorkflow', runId: parts.newRunId(), ...facts };
  checkStart(command);
  const reply = await parts.committer.ask(key, {
    kind: 'start',
    command,
    reusePolicy: input.workflowIdReusePolicy,
    conflictPolicy: input.workflowIdConflictPolicy,
    deadline: parts.clock.now() + CALL_TIMEOUT_MS,
  });
  refuse(reply, input);
  return reply;
}

/**
 * The answer to a message that an open run has taken before, if that run has closed since: whoever
 * lost the answer must not begin another run by asking again.
 */
async function answeredBefore(
  { committer }: OperationParts,
  key: WorkflowKey,
  requestId: string,
): Promise<Reply | undefined> {
  const { state } = await committer.look(key);
  if (!state || state.status === 'RUNNING' || state.createRequestId === requestId) return undefined;
  const { runId, firstExecutionRunId, nextEventId } = state;
  if (!(await committer.wasAnswered({ ...key, runId }, requestId))) return undefined;
  const outcome = { kind: 'accepted' } as const;
  return { outcome, runId, firstExecutionRunId, nextEventId, eager: [], duplicate: true };
}

/** A run may be terminated to make way, which must not happen for a start that cannot be. */
function checkStart(command: StartWorkflow): void {
  const fault = faultOfStart(command);
  if (fault === undefined) return;
  const { workflowId, workflowType } = command;
  throw new PerdureServiceError('INVALID_ARGUMENT', fault, { workflowId, workflowType });
}

/** One says that no run may follow, the other that one must. */
function checkPolicies({
  workflowIdReusePolicy,
  workflowIdConflictPolicy,
}: StartWorkflowInput): void {
  if (workflowIdReusePolicy !== 'REJECT_DUPLICATE') return;
  if (workflowIdConflictPolicy !== 'TERMINATE_EXISTING') return;
  throw new PerdureServiceError(
    'INVALID_ARGUMENT',
    'workflowIdReusePolicy REJECT_DUPLICATE and workflowIdConflictPolicy TERMINATE_EXISTING contradict each other: the run that makes way would forbid the one it makes way for; use another reuse policy',
    { field: 'workflowIdConflictPolicy' },
  );
}

function factsOf(input: StartWorkflowInput): Omit<StartWorkflow, 'kind' | 'runId'> {
  const {
    namespace: _n,
    workflowIdReusePolicy: _r,
    workflowIdConflictPolicy: _c,
    ...facts
  } = input;
  return facts;
}

const codes = {
  alreadyStarted: 'WORKFLOW_ALREADY_STARTED',
  limitExceeded: 'RESOURCE_EXHAUSTED',
  invalid: 'INVALID_ARGUMENT',
  notFound: 'INVALID_ARGUMENT',
  stale: 'INVALID_ARGUMENT',
} as const;

function refuse({ outcome, runId }: Reply, input: StartWorkflowInput): void {
  if (outcome.kind !== 'rejected') return;
  const { workflowId, workflowType } = input;
  const facts = { workflowId, workflowType, runId };
  throw new PerdureServiceError(codes[outcome.reason], outcome.message, facts);
}
