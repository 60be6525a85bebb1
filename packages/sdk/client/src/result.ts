/** Waiting for a run to close, and for those that follow it. */
import type { GetHistoryOutput, StartWorkflowOutput } from '@perdure/contract';
import { type HistoryEvent, decodeEvents } from '@perdure/protocol';
import { withinBounds, currentBounds } from './call-bounds.ts';
import type { ClientParts } from './client-parts.ts';
import { resultOf, successorOf } from './close-event.ts';
import type { WorkflowExecutionTarget } from './interceptors.ts';

/** How a result is waited for. */
export interface WorkflowResultOptions {
  /**
   * Whether to go on with the run that follows: after continue-as-new, a retry, or by a cron
   * schedule. Default true.
   */
  followRuns?: boolean;
}

/** How the close of a run is asked for. */
const forClose = { waitForClose: true, closeEventOnly: true } as const;

/**
 * The result of a run, or of the last one of its chain.
 *
 * @throws WorkflowFailedError, WorkflowContinuedAsNewError or WorkflowNotFoundError
 */
export async function waitForResult(
  parts: ClientParts,
  target: WorkflowExecutionTarget,
  options: WorkflowResultOptions,
): Promise<unknown> {
  return resultFrom(parts, target, options, await waitForClose(parts, target));
}

/** Asks for the close of a workflow that is being started: the question travels with the start. */
export function askWithStart(
  parts: ClientParts,
  workflowId: string,
): {
  resultOf(run: StartWorkflowOutput, options: WorkflowResultOptions): Promise<unknown>;
  abandon(): void;
} {
  const { connection, namespace } = parts;
  const ask = () => connection.tryWorkflow('getHistory', { workflowId, namespace, ...forClose });
  const call = ask();
  const bounds = currentBounds();
  const output = bounds ? withinBounds(bounds, () => call) : call.output;
  // Whatever is wrong with it: the question is asked again once the run is known.
  const answered = output.catch(() => undefined);
  return {
    async resultOf({ runId }, options) {
      const target = { workflowId, runId };
      const answer = await answered;
      if (!answer || answer.runId !== runId || answer.status === 'RUNNING') {
        return waitForResult(parts, target, options);
      }
      return resultFrom(parts, target, options, closeEventOf(answer));
    },
    abandon: () => call.abandon(),
  };
}

/** Goes on from the close of one run to that of the last. */
async function resultFrom(
  parts: ClientParts,
  { workflowId }: WorkflowExecutionTarget,
  { followRuns = true }: WorkflowResultOptions,
  closed: HistoryEvent,
): Promise<unknown> {
  let event = closed;
  for (;;) {
    const runId = followRuns ? successorOf(event) : undefined;
    if (runId === undefined) return resultOf(parts, workflowId, event);
    event = await waitForClose(parts, { workflowId, runId });
  }
}

async function waitForClose(
  parts: ClientParts,
  target: WorkflowExecutionTarget,
): Promise<HistoryEvent> {
  const { namespace } = parts;
  const ask = { ...target, namespace, ...forClose };
  for (;;) {
    const answer = await parts.call(target, 'getHistory', ask, Number.POSITIVE_INFINITY);
    if (answer.status !== 'RUNNING') return closeEventOf(answer);
  }
}

function closeEventOf({ events }: GetHistoryOutput): HistoryEvent {
  const [event] = decodeEvents(events);
  if (!event) throw new TypeError('the server sent no close event of a closed run');
  return event;
}
