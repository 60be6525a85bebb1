/** From a request in a mailbox to a promise, and from the engine's refusals to the contract's. */
import { PerdureServiceError } from '@perdure/common';
import type { EngineCommand, Outcome, StartWorkflow } from '@perdure/engine';
import type { WorkflowKey } from '@perdure/ports';
import type { Committer } from '../commit/committer.ts';
import type { Reply } from '../commit/request.ts';

/** How long a call may wait for the store. */
export const CALL_TIMEOUT_MS = 30_000;

/**
 * Applies a command to a workflow's current run, or to the run named.
 *
 * @throws PerdureServiceError when the engine refuses it or the store stays away
 */
export async function ask(
  committer: Committer,
  key: WorkflowKey,
  call: {
    command: Exclude<EngineCommand, StartWorkflow>;
    runId: string | undefined;
    requestId: string | undefined;
    now: number;
  },
): Promise<Reply> {
  const { command, runId, requestId } = call;
  const deadline = call.now + CALL_TIMEOUT_MS;
  const session = undefined;
  const question = { kind: 'command', command, runId, requestId, session, deadline } as const;
  const reply = await committer.ask(key, question);
  if (await wasDoneBefore(committer, key, call, reply)) return { ...reply, duplicate: true };
  refuseRejected(reply.outcome, key, call.runId);
  return reply;
}

/**
 * Whether the request is one that has been answered already and then left nothing to answer, because
 * the run has closed or the activity has ended: a caller that lost the answer asks again, and must
 * not hear that there is nobody.
 */
async function wasDoneBefore(
  committer: Committer,
  key: WorkflowKey,
  call: { runId: string | undefined; requestId: string | undefined },
  { outcome, runId }: Reply,
): Promise<boolean> {
  if (outcome.kind !== 'rejected') return false;
  if (outcome.reason !== 'notFound' && outcome.reason !== 'stale') return false;
  const meant = call.runId ?? runId;
  if (call.requestId === undefined || !isUuid(meant)) return false;
  return committer.wasAnswered({ ...key, runId: meant }, call.requestId);
}

/** Run ids are UUIDs; anything else names no run. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** @throws PerdureServiceError for a rejected command */
function refuseRejected(outcome: Outcome, key: WorkflowKey, runId?: string): void {
  if (outcome.kind !== 'rejected') return;
  const { workflowId } = key;
  switch (outcome.reason) {
    case 'notFound':
      throw notFound(workflowId, runId);
    case 'alreadyStarted':
      throw new PerdureServiceError('WORKFLOW_ALREADY_STARTED', outcome.message, {
        workflowId,
        runId,
      });
    case 'stale':
      throw new PerdureServiceError('ACTIVITY_NOT_FOUND', outcome.message, { workflowId, runId });
    case 'limitExceeded':
      throw new PerdureServiceError('RESOURCE_EXHAUSTED', outcome.message, { workflowId, runId });
    default:
      throw new PerdureServiceError('INVALID_ARGUMENT', outcome.message, { workflowId, runId });
  }
}

/** Whether a call was refused because there is no such run, or none that is open. */
export function isNotFound(error: unknown): boolean {
  return error instanceof PerdureServiceError && error.code === 'WORKFLOW_NOT_FOUND';
}

export function notFound(workflowId: string, runId: string | undefined): PerdureServiceError {
  const which =
    runId === undefined ? `workflow '${workflowId}'` : `run ${runId} of '${workflowId}'`;
  return new PerdureServiceError(
    'WORKFLOW_NOT_FOUND',
    `${which} was not found, or has closed already; check the workflow id, the run id and the namespace`,
    { workflowId, runId },
  );
}
