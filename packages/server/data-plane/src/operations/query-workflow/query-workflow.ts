/**
 * Asks a workflow (semantics 39, 40): a worker answers from its copy of the run, or from one that it
 * makes by replay. Nothing is committed. A question waits while the run has a workflow task, so that
 * the answer knows what was acknowledged before.
 */
import { PerdureServiceError } from '@perdure/common';
import type { NamespaceCaller, QueryWorkflowInput, QueryWorkflowOutput } from '@perdure/contract';
import type { ExecutionState } from '@perdure/engine';
import type { WorkflowKey } from '@perdure/ports';
import type { QueryAnswer, QueryTask } from '@perdure/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkBlobs, checkFailure } from '../../policy/payload-guard.ts';
import { findRun } from '../find-run.ts';
import type { OperationParts } from '../parts.ts';

/** How long a question may take altogether, in milliseconds. */
const QUERY_TIMEOUT_MS = 10_000;
/** Wait before looking again for a worker, or for what another server commits, in milliseconds. */
const LOOK_AGAIN_MS = 100;
/** Failed attempts of a workflow task after which its run is not asked. */
const MOST_FAILURES = 3;

/** What a question needs beyond the operation's parts. */
interface Asking {
  readonly parts: OperationParts;
  readonly key: WorkflowKey;
  readonly input: QueryWorkflowInput;
  readonly until: number;
  readonly signal: AbortSignal | undefined;
}

export async function queryWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  input: QueryWorkflowInput,
  signal: AbortSignal | undefined,
): Promise<QueryWorkflowOutput> {
  checkBlobs(caller, { input: input.input, header: input.header });
  const key = { namespaceId: caller.namespaceId, workflowId: input.workflowId };
  const until = performance.now() + QUERY_TIMEOUT_MS;
  const end = parts.waitingQueries.begin(key);
  try {
    return outputOf(caller, await answered({ parts, key, input, until, signal }));
  } finally {
    end();
  }
}

async function answered(asking: Asking): Promise<QueryAnswer> {
  for (;;) {
    const state = await settled(asking);
    const answer = await ask(asking, state);
    if (answer) return answer;
    await pause(
      asking,
      'no worker of its task queue has answered; start one, or look why it hangs',
    );
  }
}

/** The run once no workflow task is under way. */
async function settled(asking: Asking): Promise<ExecutionState> {
  const { parts, key, input } = asking;
  let wake: () => void = () => {};
  const watch = parts.committer.watch(key, () => wake());
  try {
    for (;;) {
      const stirred = new Promise<void>((resolve) => (wake = resolve));
      const state = await findRun(parts, key, input.runId);
      refuse(state, input);
      if (state.status !== 'RUNNING') return state;
      if (!state.workflowTask && state.lastCompletedStartedEventId > 0) return state;
      await pause(asking, 'its workflow task does not end', stirred);
    }
  } finally {
    watch.stop();
  }
}

function refuse(state: ExecutionState, { rejectCondition, workflowId }: QueryWorkflowInput): void {
  const { status, runId, workflowTaskFailures, lastCompletedStartedEventId } = state;
  const notOpen = rejectCondition === 'NOT_OPEN' && status !== 'RUNNING';
  const unclean =
    rejectCondition === 'NOT_COMPLETED_CLEANLY' && status !== 'RUNNING' && status !== 'COMPLETED';
  if (notOpen || unclean) {
    throw new PerdureServiceError(
      'QUERY_REJECTED',
      `the run is ${status}, which ${rejectCondition} excludes`,
      { workflowId, runId, status },
    );
  }
  if (status === 'RUNNING' && workflowTaskFailures >= MOST_FAILURES) {
    throw notReady('Workflow Task in failed state', state);
  }
  if (status !== 'RUNNING' && lastCompletedStartedEventId === 0) {
    throw notReady('the workflow closed before any of its code had run', state);
  }
}

function notReady(message: string, { workflowId, runId }: ExecutionState): PerdureServiceError {
  return new PerdureServiceError('WORKFLOW_NOT_READY', message, { workflowId, runId });
}

/** Undefined when there is no worker, or it left or did not answer. */
async function ask(asking: Asking, state: ExecutionState): Promise<QueryAnswer | undefined> {
  const { parts, key, input, until, signal } = asking;
  const session = parts.workerFor(key.namespaceId, state);
  if (!session) return undefined;
  const query: QueryTask = {
    queryId: parts.newRunId(),
    workflowId: key.workflowId,
    runId: state.runId,
    workflowType: state.workflowType,
    lastStartedEventId: state.lastCompletedStartedEventId,
    queryName: input.queryName,
    args: input.input,
    header: input.header,
  };
  const { answer, giveUp } = session.ask(query);
  const waiting = new AbortController();
  const aborted = AbortSignal.any(signal ? [signal, waiting.signal] : [waiting.signal]);
  const late = sleep(until - performance.now(), undefined, { signal: aborted }).catch(
    () => undefined,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    waiting.abort();
    giveUp();
  }
}

/** @throws PerdureServiceError DEADLINE_EXCEEDED when the question has taken too long */
async function pause(asking: Asking, why: string, stirred?: Promise<void>): Promise<void> {
  const { key, until, signal } = asking;
  if (performance.now() >= until || signal?.aborted) {
    throw new PerdureServiceError(
      'DEADLINE_EXCEEDED',
      `workflow '${key.workflowId}' was not answered for in ${QUERY_TIMEOUT_MS} ms: ${why}`,
      { workflowId: key.workflowId },
    );
  }
  await Promise.race([sleep(LOOK_AGAIN_MS), stirred ?? new Promise(() => {})]);
}

function outputOf(caller: NamespaceCaller, { result, failure }: QueryAnswer): QueryWorkflowOutput {
  if (failure) {
    checkFailure(caller, failure);
    return { kind: 'failed', failure };
  }
  checkBlobs(caller, { result });
  return { kind: 'answered', result };
}
