/**
 * From events about other workflows (children, and those that were signalled or asked to cancel) to
 * jobs. Such calls are numbered, each kind by itself, in the order of the events that initiated them.
 */
import { type DecodedFailure, RetryState, TimeoutType } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { EventOf, ExternalFailedCause, HistoryEvent } from '@perdure/protocol';
import type { ActivationJob } from '@perdure/workflow/runtime';

type Kind = 'child' | 'signal' | 'cancel';

/** A call by the event that initiated it. */
interface Initiated {
  readonly kind: Kind;
  readonly seq: number;
}

type ChildClosed = {
  [
    T in
      | 'ChildWorkflowExecutionCompleted'
      | 'ChildWorkflowExecutionFailed'
      | 'ChildWorkflowExecutionCanceled'
      | 'ChildWorkflowExecutionTimedOut'
      | 'ChildWorkflowExecutionTerminated'
  ]: EventOf<T>;
}[
  | 'ChildWorkflowExecutionCompleted'
  | 'ChildWorkflowExecutionFailed'
  | 'ChildWorkflowExecutionCanceled'
  | 'ChildWorkflowExecutionTimedOut'
  | 'ChildWorkflowExecutionTerminated'];

type ChildOutcome = Extract<ActivationJob, { kind: 'resolveChildWorkflow' }>['outcome'];

/** Numbers the calls of one run, and finds them again. */
export class OtherWorkflowJobs {
  readonly #converter: LoadedDataConverter;
  readonly #namespace: string;
  readonly #initiated = new Map<number, Initiated>();
  readonly #counts: Record<Kind, number> = { child: 0, signal: 0, cancel: 0 };

  constructor(converter: LoadedDataConverter, namespace: string) {
    this.#converter = converter;
    this.#namespace = namespace;
  }

  /** Learns of a call by its event, or ahead of it; of one that is known, nothing. */
  initiated(eventId: number, kind: Kind): void {
    if (this.#initiated.has(eventId)) return;
    this.#initiated.set(eventId, { kind, seq: ++this.#counts[kind] });
  }

  /** The job of an event; undefined for one that is none of these. */
  job(event: HistoryEvent): ActivationJob | Promise<ActivationJob> | undefined {
    switch (event.eventType) {
      case 'StartChildWorkflowExecutionInitiated':
        this.initiated(event.eventId, 'child');
        return undefined;
      case 'SignalExternalWorkflowExecutionInitiated':
        this.initiated(event.eventId, 'signal');
        return undefined;
      case 'RequestCancelExternalWorkflowExecutionInitiated':
        this.initiated(event.eventId, 'cancel');
        return undefined;
      case 'StartChildWorkflowExecutionFailed':
        return this.#startFailed(event);
      case 'ChildWorkflowExecutionStarted':
        return this.#started(event);
      case 'ExternalWorkflowExecutionSignaled':
      case 'SignalExternalWorkflowExecutionFailed':
        return { kind: 'resolveSignalExternalWorkflow', ...this.#reply(event, 'signal') };
      case 'ExternalWorkflowExecutionCancelRequested':
      case 'RequestCancelExternalWorkflowExecutionFailed':
        return { kind: 'resolveRequestCancelExternalWorkflow', ...this.#reply(event, 'cancel') };
      case 'ChildWorkflowExecutionCompleted':
      case 'ChildWorkflowExecutionFailed':
      case 'ChildWorkflowExecutionCanceled':
      case 'ChildWorkflowExecutionTimedOut':
      case 'ChildWorkflowExecutionTerminated':
        return this.#closed(event);
      default:
        return undefined;
    }
  }

  #started(event: EventOf<'ChildWorkflowExecutionStarted'>): ActivationJob {
    const { initiatedEventId, workflowExecution } = event.attributes;
    const seq = this.#seqOf(event.eventId, initiatedEventId);
    const outcome = { kind: 'started', runId: workflowExecution.runId } as const;
    return { kind: 'resolveChildWorkflowStart', seq, outcome };
  }

  #startFailed(event: EventOf<'StartChildWorkflowExecutionFailed'>): ActivationJob {
    const { cause, initiatedEventId } = event.attributes;
    const seq = this.#take(event.eventId, initiatedEventId);
    if (cause === 'WORKFLOW_ALREADY_EXISTS') {
      return { kind: 'resolveChildWorkflowStart', seq, outcome: { kind: 'alreadyStarted' } };
    }
    const failure = applicationFailure('Unable to start child workflow', cause);
    return { kind: 'resolveChildWorkflowStart', seq, outcome: { kind: 'failed', failure } };
  }

  async #closed(event: ChildClosed): Promise<ActivationJob> {
    const seq = this.#take(event.eventId, event.attributes.initiatedEventId);
    return { kind: 'resolveChildWorkflow', seq, outcome: await this.#outcomeOf(event) };
  }

  async #outcomeOf(event: ChildClosed): Promise<ChildOutcome> {
    const { workflowId } = event.attributes.workflowExecution;
    const place = { namespace: this.#namespace, workflowId };
    switch (event.eventType) {
      case 'ChildWorkflowExecutionCompleted': {
        const { result } = event.attributes;
        const context = { ...place, purpose: 'workflow-result' } as const;
        const opened = result ? await this.#converter.fromBlob(context, result) : [];
        return { kind: 'completed', result: opened };
      }
      case 'ChildWorkflowExecutionFailed': {
        const { failure, retryState } = event.attributes;
        const cause = await this.#converter.openFailure(place, failure);
        return { kind: 'failed', cause, retryState };
      }
      case 'ChildWorkflowExecutionCanceled': {
        const { details } = event.attributes;
        const context = { ...place, purpose: 'cancel-details' } as const;
        const opened = details && (await this.#converter.fromBlob(context, details));
        const info = { kind: 'canceled', details: opened } as const;
        return unsuccessful('Child Workflow execution cancelled', info);
      }
      case 'ChildWorkflowExecutionTimedOut': {
        const info = { kind: 'timeout', timeoutType: TimeoutType.START_TO_CLOSE } as const;
        return unsuccessful(
          'Child Workflow execution timed out',
          info,
          event.attributes.retryState,
        );
      }
      case 'ChildWorkflowExecutionTerminated':
        return unsuccessful('Child Workflow execution terminated', { kind: 'terminated' });
    }
  }

  #reply(
    event: EventOf<
      | 'ExternalWorkflowExecutionSignaled'
      | 'SignalExternalWorkflowExecutionFailed'
      | 'ExternalWorkflowExecutionCancelRequested'
      | 'RequestCancelExternalWorkflowExecutionFailed'
    >,
    what: 'signal' | 'cancel',
  ): { seq: number; failure?: DecodedFailure } {
    const { attributes } = event;
    const seq = this.#take(event.eventId, attributes.initiatedEventId);
    if (!('cause' in attributes)) return { seq };
    return { seq, failure: externalFailure(what, attributes.cause) };
  }

  #seqOf(eventId: number, initiatedEventId: number): number {
    const found = this.#initiated.get(initiatedEventId);
    if (found) return found.seq;
    throw new Error(`event ${eventId} refers to unknown event ${initiatedEventId}`);
  }

  #take(eventId: number, initiatedEventId: number): number {
    const seq = this.#seqOf(eventId, initiatedEventId);
    this.#initiated.delete(initiatedEventId);
    return seq;
  }
}

function unsuccessful(
  message: string,
  info: DecodedFailure['info'],
  retryState: RetryState = RetryState.NON_RETRYABLE_FAILURE,
): ChildOutcome {
  return { kind: 'failed', cause: { message, info }, retryState };
}

/** Semantics 35. */
function externalFailure(what: 'signal' | 'cancel', cause: ExternalFailedCause): DecodedFailure {
  if (cause !== 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND') {
    return applicationFailure(`Unable to ${what} external workflow`, cause);
  }
  const why = what === 'signal' ? 'because it was not found' : 'because not found';
  const message = `Unable to ${what} external workflow ${why}`;
  const type = 'ExternalWorkflowExecutionNotFound';
  return { message, info: { kind: 'application', type } };
}

function applicationFailure(what: string, cause: string): DecodedFailure {
  return { message: `${what}: ${cause}`, info: { kind: 'application', type: cause } };
}
