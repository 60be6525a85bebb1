/** From the first event of a history to what its run knows of itself. */
import { headersFromPayloads } from '@perdure/common';
import type { LoadedDataConverter, PayloadPurpose } from '@perdure/data-converter';
import type { EventOf } from '@perdure/protocol';
import type { ActivationJob, RunFacts } from '@perdure/workflow/runtime';
import type { RunPlace } from './history-jobs.ts';

/** The job that begins a run. */
export async function initializeJob(
  converter: LoadedDataConverter,
  place: RunPlace,
  event: EventOf<'WorkflowExecutionStarted'>,
): Promise<ActivationJob> {
  const { attributes } = event;
  const open = opener(converter, place);
  const { header } = attributes;
  return {
    kind: 'initialize',
    facts: await factsOf(converter, place, event),
    args: (await open('workflow-input', attributes.input)) ?? [],
    headers: header && headersFromPayloads((await open('header', header)) ?? []),
  };
}

async function factsOf(
  converter: LoadedDataConverter,
  place: RunPlace,
  { attributes, eventTime }: EventOf<'WorkflowExecutionStarted'>,
): Promise<RunFacts> {
  const { namespace } = place;
  const open = opener(converter, place);
  const { continuedFailure, parentWorkflowExecution: parent } = attributes;
  const facts: RunFacts = {
    ...place,
    firstExecutionRunId: attributes.firstExecutionRunId,
    originalExecutionRunId: attributes.originalExecutionRunId,
    continuedFromExecutionRunId: attributes.continuedExecutionRunId,
    workflowType: attributes.workflowType,
    taskQueue: attributes.taskQueue,
    attempt: attributes.attempt,
    startTimeMs: eventTime,
    executionTimeoutMs: attributes.workflowExecutionTimeoutMs,
    executionExpirationTimeMs: attributes.workflowExecutionExpirationTime,
    runTimeoutMs: attributes.workflowRunTimeoutMs,
    taskTimeoutMs: attributes.workflowTaskTimeoutMs,
    retryPolicy: attributes.retryPolicy,
    cronSchedule: attributes.cronSchedule,
    parent: parent && { ...parent, namespace },
    root: attributes.rootWorkflowExecution,
    memo: await open('memo', attributes.memo),
    searchAttributes: attributes.searchAttributes,
    lastResult: await open('workflow-result', attributes.lastCompletionResult),
    lastFailure: continuedFailure && (await converter.openFailure(place, continuedFailure)),
    priority: attributes.priority,
    // A run made by a reset draws what the run drew that it was made from, up to the reset.
    randomSeed: attributes.originalExecutionRunId,
  };
  return facts;
}

function opener(converter: LoadedDataConverter, { namespace, workflowId }: RunPlace) {
  return async (purpose: PayloadPurpose, blob: Uint8Array | undefined) =>
    blob && converter.fromBlob({ namespace, workflowId, purpose }, blob);
}
