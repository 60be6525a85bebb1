/** Updates: brought before a workflow, waited for, opened (semantics 41-44). */
import type { UpdateOutcome, UpdateWorkflowOutput } from '@perdure/contract';
import { v4 as uuid4 } from 'uuid';
import type { ClientParts } from './client-parts.ts';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcCancelledError,
  isGrpcDeadlineError,
} from './errors.ts';
import {
  type WorkflowStartUpdateInput,
  type WorkflowStartUpdateOutput,
  intercepted,
} from './interceptors.ts';
import { noHeaders } from './start.ts';
import type { WorkflowUpdateHandle, WorkflowUpdateOptions } from './workflow-handle.ts';

/** How far an update is to have come before a call returns. */
export type WaitForStage = 'ACCEPTED' | 'COMPLETED';

/** Names an update. */
interface UpdateTarget {
  readonly workflowId: string;
  readonly runId: string;
  readonly updateId: string;
}

/** Options of an update as callers give them. */
export type UpdateCallOptions = WorkflowUpdateOptions & { readonly args?: readonly unknown[] };

/**
 * Brings an update before a workflow; resolves once it has come as far as is wanted.
 *
 * @throws WorkflowNotFoundError, WorkflowUpdateRPCTimeoutOrCancelledError
 */
export async function startUpdate<Ret>(
  parts: ClientParts,
  target: { workflowId: string; runId?: string; firstExecutionRunId?: string },
  update: { readonly name: string; readonly options: UpdateCallOptions | undefined },
  waitForStage: WaitForStage,
): Promise<WorkflowUpdateHandle<Ret>> {
  const { firstExecutionRunId, ...workflowExecution } = target;
  const { args = [], ...options } = update.options ?? {};
  const send = intercepted(parts.interceptors, 'startUpdate', (input) =>
    sendUpdate(parts, input, waitForStage),
  );
  const { updateId, workflowRunId, outcome } = await send({
    updateName: update.name,
    args,
    workflowExecution,
    firstExecutionRunId,
    headers: noHeaders(),
    options,
  });
  const place = { workflowId: target.workflowId, runId: workflowRunId, updateId };
  return updateHandle(parts, place, outcome);
}

async function sendUpdate(
  parts: ClientParts,
  input: WorkflowStartUpdateInput,
  waitForStage: WaitForStage,
): Promise<WorkflowStartUpdateOutput> {
  const { workflowExecution, firstExecutionRunId, options } = input;
  const { namespace, identity } = parts;
  const call = {
    namespace,
    ...workflowExecution,
    firstExecutionRunId,
    ...(await encodeUpdate(parts, workflowExecution.workflowId, {
      updateId: options.updateId,
      updateName: input.updateName,
      args: input.args,
      headers: input.headers,
    })),
    identity,
    waitForStage,
  };
  const { workflowId } = workflowExecution;
  return untilDurable(parts, call, waitForStage, () =>
    asUpdateCall(() => parts.call({ workflowId }, 'updateWorkflow', call)),
  );
}

/** What is asked of the workflow, as it travels. */
export async function encodeUpdate(
  parts: ClientParts,
  workflowId: string,
  update: Pick<WorkflowStartUpdateInput, 'updateName' | 'args' | 'headers'> & {
    readonly updateId: string | undefined;
  },
) {
  const converter = await parts.loadConverter();
  return {
    updateId: update.updateId ?? uuid4(),
    updateName: update.updateName,
    input: await converter.encodeArgs(parts.place(workflowId, 'update-input'), update.args),
    header: await parts.encodeHeaders(workflowId, update.headers),
  };
}

/**
 * Repeats a call until the update is accepted, for until then the server may lose it; from there on
 * it is waited for by name.
 */
export async function untilDurable(
  parts: ClientParts,
  { workflowId, updateId }: { readonly workflowId: string; readonly updateId: string },
  waitForStage: WaitForStage,
  bring: () => Promise<UpdateWorkflowOutput>,
): Promise<WorkflowStartUpdateOutput> {
  let answer = await bring();
  while (answer.stage === 'ADMITTED') answer = await bring();
  const { runId } = answer;
  let { outcome } = answer;
  if (waitForStage === 'COMPLETED') {
    outcome ??= await pollOutcome(parts, { workflowId, runId, updateId });
  }
  return { updateId, workflowRunId: runId, outcome };
}

/** A handle to an update; asks nobody whether it exists. */
export function updateHandle<Ret>(
  parts: ClientParts,
  place: { readonly workflowId: string; readonly runId?: string; readonly updateId: string },
  known?: UpdateOutcome,
): WorkflowUpdateHandle<Ret> {
  const { workflowId, runId, updateId } = place;
  let outcome = known;
  return {
    updateId,
    workflowId,
    workflowRunId: runId,
    async result() {
      outcome ??= await pollOutcome(parts, place);
      return (await openOutcome(parts, workflowId, outcome)) as Ret;
    },
  };
}

async function pollOutcome(
  parts: ClientParts,
  target: Omit<UpdateTarget, 'runId'> & { readonly runId?: string },
): Promise<UpdateOutcome> {
  const { namespace } = parts;
  const ask = { ...target, namespace, waitForStage: 'COMPLETED' } as const;
  for (;;) {
    const { outcome } = await asUpdateCall(() =>
      parts.call(target, 'pollUpdate', ask, Number.POSITIVE_INFINITY),
    );
    if (outcome) return outcome;
  }
}

async function openOutcome(
  parts: ClientParts,
  workflowId: string,
  outcome: UpdateOutcome,
): Promise<unknown> {
  if (outcome.kind === 'failure') {
    const cause = await parts.openFailure(workflowId, outcome.failure);
    throw new WorkflowUpdateFailedError('Workflow Update failed', cause);
  }
  const converter = await parts.loadConverter();
  return converter.decodeValue(parts.place(workflowId, 'update-result'), outcome.result);
}

/** Waiting that was given up has an error of its own. */
export async function asUpdateCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isGrpcDeadlineError(error) && !isGrpcCancelledError(error)) throw error;
    const cause = error as Error;
    throw new WorkflowUpdateRPCTimeoutOrCancelledError(cause.message, { cause });
  }
}
