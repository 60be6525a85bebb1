import type { Workflow, WorkflowResultType } from '@perdure/common';
import type { ClientParts } from './client-parts.ts';
import { withOrigin } from './history-origin.ts';
import { query } from './queries.ts';
import { cancel, describeExecution, nameOf, signal, terminate } from './requests.ts';
import { waitForResult } from './result.ts';
import { rethrow } from './errors.ts';
import { type UpdateCallOptions, startUpdate, updateHandle } from './updates.ts';
import type { GetWorkflowHandleOptions, WorkflowHandle } from './workflow-handle.ts';

/** What a handle is made from. */
export interface HandleFacts extends GetWorkflowHandleOptions {
  readonly workflowId: string;
  /** The run that calls are for; the current one when undefined. */
  readonly runId: string | undefined;
  /** The run whose result is waited for. Default: `runId`. */
  readonly resultRunId?: string;
}

/** Makes the handle of a workflow. */
export function createHandle<T extends Workflow>(
  parts: ClientParts,
  facts: HandleFacts,
): WorkflowHandle<T> {
  const { workflowId, runId, firstExecutionRunId, followRuns } = facts;
  const { resultRunId = runId } = facts;
  const target = { workflowId, runId };
  const chain = { workflowExecution: target, firstExecutionRunId };
  const result = async () => {
    const closed = await waitForResult(parts, { workflowId, runId: resultRunId }, { followRuns });
    return closed as WorkflowResultType<T>;
  };
  const update = <Ret>(
    definition: { readonly name: string } | string,
    options: UpdateCallOptions | undefined,
    waitForStage: 'ACCEPTED' | 'COMPLETED',
  ) => {
    const place = { ...target, firstExecutionRunId };
    return startUpdate<Ret>(parts, place, { name: nameOf(definition), options }, waitForStage);
  };
  return {
    workflowId,
    runId: resultRunId,
    firstExecutionRunId,
    result,
    signal: (definition, ...args) => signal(parts, target, nameOf(definition), args),
    query: async <Ret>(definition: { readonly name: string } | string, ...args: unknown[]) =>
      (await query(parts, target, nameOf(definition), args)) as Ret,
    executeUpdate: async <Ret>(
      definition: { readonly name: string } | string,
      options?: UpdateCallOptions,
    ) => (await update<Ret>(definition, options, 'COMPLETED')).result(),
    startUpdate: <Ret>(
      definition: { readonly name: string } | string,
      { waitForStage, ...options }: UpdateCallOptions & { readonly waitForStage: 'ACCEPTED' },
    ) => update<Ret>(definition, options, waitForStage),
    getUpdateHandle: (updateId) => updateHandle(parts, { ...target, updateId }),
    cancel: (reason) => cancel(parts, { ...chain, reason }),
    terminate: (reason, ...details) => terminate(parts, { ...chain, reason, details }),
    describe: () => describeExecution(parts, { workflowExecution: target }),
    fetchHistory: () => fetchHistory(parts, target),
  };
}

async function fetchHistory(
  parts: ClientParts,
  target: { readonly workflowId: string; readonly runId: string | undefined },
) {
  const { connection, namespace } = parts;
  try {
    const events = await connection.fetchHistory({ ...target, namespace });
    return withOrigin({ events }, parts);
  } catch (error) {
    return rethrow(error, target);
  }
}
