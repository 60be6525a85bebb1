/**
 * A signal or cancel request to another workflow: pending from its Initiated event until it is
 * delivered or found to be undeliverable (semantics 35).
 */
import type { ExternalFailedCause } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import type { ExternalState } from '../state/execution-state.ts';
import { isBuffering, recordExternal } from './buffer.ts';

/** Records what became of it. */
export function settleExternal(
  draft: Draft,
  external: ExternalState,
  failedCause: ExternalFailedCause | undefined,
): void {
  const { kind, initiatedEventId, workflowTaskCompletedEventId, workflowId, runId } = external;
  if (isBuffering(draft)) draft.setExternal(external, { outcomeBuffered: true });
  const workflowExecution = { workflowId, runId };
  const attributes = { initiatedEventId, workflowExecution };
  if (failedCause === undefined) {
    const delivered =
      kind === 'signal'
        ? 'ExternalWorkflowExecutionSignaled'
        : 'ExternalWorkflowExecutionCancelRequested';
    recordExternal(draft, delivered, attributes);
    return;
  }
  const failed =
    kind === 'signal'
      ? 'SignalExternalWorkflowExecutionFailed'
      : 'RequestCancelExternalWorkflowExecutionFailed';
  const cause = failedCause;
  recordExternal(draft, failed, { ...attributes, cause, workflowTaskCompletedEventId });
}
