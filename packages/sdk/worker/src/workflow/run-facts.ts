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
  const { input, header } = event.attributes;
  const open = opener(converter, place);
  return {
    kind: 'initialize',
    facts: factsOf(place, event, hasSealed(event) ? await openSealed(converter, place, event) : {}),
    args: input ? await open('workflow-input', input) : [],
    headers: header && headersFromPayloads(await open('header', header)),
  };
}

/** What a run may have been given beside its input. */
type Sealed = Pick<RunFacts, 'memo' | 'lastResult' | 'lastFailure'>;

/** Most runs have none of it, and are begun without waiting for nothing. */
function hasSealed({ attributes }: EventOf<'WorkflowExecutionStarted'>): boolean {
  const { memo, lastCompletionResult, continuedFailure } = attributes;
  return (memo ?? lastCompletionResult ?? continuedFailure) !== undefined;
}

async function openSealed(
  converter: LoadedDataConverter,
  place: RunPlace,
  { attributes }: EventOf<'WorkflowExecutionStarted'>,
): Promise<Sealed> {
  const open = opener(converter, place);
  const { memo, lastCompletionResult: result, continuedFailure: failure } = attributes;
  return {
    memo: memo && (await open('memo', memo)),
    lastResult: result && (await open('workflow-result', result)),
    lastFailure: failure && (await converter.openFailure(place, failure)),
  };
}

function factsOf(
  { namespace, workflowId, runId }: RunPlace,
  { attributes, eventTime }: EventOf<'WorkflowExecutionStarted'>,
  { memo, lastResult, lastFailure }: Partial<Sealed>,
): RunFacts {
  const { parentWorkflowExecution: parent } = attributes;
  return {
    namespace,
    workflowId,
    runId,
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
    memo,
    searchAttributes: attributes.searchAttributes,
    lastResult,
    lastFailure,
    priority: attributes.priority,
    // A run made by a reset draws what the run drew that it was made from, up to the reset.
    randomSeed: attributes.originalExecutionRunId,
  };
}

function opener(converter: LoadedDataConverter, { namespace, workflowId }: RunPlace) {
  return (purpose: PayloadPurpose, blob: Uint8Array) =>
    converter.fromBlob({ namespace, workflowId, purpose }, blob);
}
