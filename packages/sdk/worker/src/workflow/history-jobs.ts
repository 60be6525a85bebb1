/**
 * From events to activations: which jobs one workflow task brings, in the order of semantics §2.
 * Follows one run through its history, task by task, and remembers what later events refer to.
 */
import type { ActivationJob, RunFacts } from '@perdure/workflow/runtime';
import type { Payload } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { EventOf, HistoryEvent } from '@perdure/protocol';

/** One workflow task as the run is to live through it. */
export interface TaskStep {
  /** WorkflowTaskStarted. */
  readonly started: EventOf<'WorkflowTaskStarted'>;
  readonly jobs: readonly ActivationJob[];
  /**
   * Events of the commands that the run gave in this task, when it is a replay; undefined for the
   * task that is to be done now.
   */
  readonly recorded: readonly HistoryEvent[] | undefined;
}

/** Where the payloads of a run belong. */
export interface RunPlace {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** Events that end an activity. */
type ResolvingEvent = {
  [
    T in
      | 'ActivityTaskCompleted'
      | 'ActivityTaskFailed'
      | 'ActivityTaskTimedOut'
      | 'ActivityTaskCanceled'
  ]: EventOf<T>;
}['ActivityTaskCompleted' | 'ActivityTaskFailed' | 'ActivityTaskTimedOut' | 'ActivityTaskCanceled'];

/** Jobs of one rank come in event order; signals come before the rest. */
interface RankedJob {
  readonly rank: 0 | 1 | 2;
  readonly job: ActivationJob;
}

export class HistoryJobs {
  readonly #converter: LoadedDataConverter;
  readonly #place: RunPlace;
  /** Activity ids by scheduledEventId. */
  readonly #activityIds = new Map<number, { activityId: string; activityType: string }>();
  #jobs: RankedJob[] = [];

  constructor(converter: LoadedDataConverter, place: RunPlace) {
    this.#converter = converter;
    this.#place = place;
  }

  /** Learns of an activity without its event. */
  note(scheduledEventId: number, activityId: string, activityType: string): void {
    this.#activityIds.set(scheduledEventId, { activityId, activityType });
  }

  /** The job of an activity that completed here, ahead of its events. */
  completed(scheduledEventId: number, activityId: string, result: Payload): ActivationJob {
    this.#activityIds.delete(scheduledEventId);
    return {
      kind: 'resolveActivity',
      activityId,
      outcome: { kind: 'completed', result: [result] },
    };
  }

  /** Splits events into the tasks they bring. The last event must be a WorkflowTaskStarted. */
  async steps(events: readonly HistoryEvent[]): Promise<TaskStep[]> {
    const steps: TaskStep[] = [];
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      if (event.eventType !== 'WorkflowTaskStarted') {
        const noting = this.#note(event);
        if (noting) await noting;
      } else if (i === events.length - 1) steps.push(this.#step(event, undefined));
      else if (events[i + 1]!.eventType === 'WorkflowTaskCompleted') {
        steps.push(this.#step(event, commandEventsOf(events, i + 1)));
      }
    }
    return steps;
  }

  #step(started: EventOf<'WorkflowTaskStarted'>, recorded: HistoryEvent[] | undefined): TaskStep {
    const jobs = this.#jobs.toSorted((a, b) => a.rank - b.rank).map(({ job }) => job);
    this.#jobs = [];
    return { started, jobs, recorded };
  }

  /** A promise only where payloads have to be opened. */
  #note(event: HistoryEvent): Promise<void> | undefined {
    switch (event.eventType) {
      case 'WorkflowExecutionStarted':
        return this.#pushLater(0, this.#initialize(event));
      case 'WorkflowExecutionSignaled':
        return this.#pushLater(1, this.#signal(event));
      case 'WorkflowExecutionCancelRequested':
        this.#push(2, { kind: 'cancelWorkflow', cause: event.attributes.cause });
        return undefined;
      case 'TimerFired':
        this.#push(2, { kind: 'fireTimer', timerId: event.attributes.timerId });
        return undefined;
      case 'ActivityTaskScheduled': {
        const { activityId, activityType } = event.attributes;
        this.note(event.eventId, activityId, activityType);
        return undefined;
      }
      case 'ActivityTaskCompleted':
      case 'ActivityTaskFailed':
      case 'ActivityTaskTimedOut':
      case 'ActivityTaskCanceled':
        return this.#pushLater(2, this.#resolveActivity(event));
      default:
        return undefined;
    }
  }

  #push(rank: RankedJob['rank'], job: ActivationJob): void {
    this.#jobs.push({ rank, job });
  }

  async #pushLater(rank: RankedJob['rank'], job: Promise<ActivationJob>): Promise<void> {
    this.#push(rank, await job);
  }

  async #signal(event: EventOf<'WorkflowExecutionSignaled'>): Promise<ActivationJob> {
    const { signalName, input } = event.attributes;
    return { kind: 'signalWorkflow', signalName, args: await this.#open('signal', input) };
  }

  async #initialize(event: EventOf<'WorkflowExecutionStarted'>): Promise<ActivationJob> {
    const { attributes } = event;
    const { namespace, workflowId, runId } = this.#place;
    const facts: RunFacts = {
      namespace,
      workflowId,
      runId,
      firstExecutionRunId: attributes.firstExecutionRunId,
      workflowType: attributes.workflowType,
      taskQueue: attributes.taskQueue,
      attempt: attributes.attempt,
      startTimeMs: event.eventTime,
      executionTimeoutMs: attributes.workflowExecutionTimeoutMs,
      runTimeoutMs: attributes.workflowRunTimeoutMs,
      taskTimeoutMs: attributes.workflowTaskTimeoutMs,
      retryPolicy: attributes.retryPolicy,
      memo: attributes.memo && (await this.#open('memo', attributes.memo)),
    };
    return {
      kind: 'initialize',
      facts,
      args: await this.#open('workflow-input', attributes.input),
    };
  }

  async #resolveActivity(event: ResolvingEvent): Promise<ActivationJob> {
    const { scheduledEventId } = event.attributes;
    const known = this.#activityIds.get(scheduledEventId);
    if (!known)
      throw new Error(
        `event ${event.eventId} refers to an activity of unknown event ${scheduledEventId}`,
      );
    this.#activityIds.delete(scheduledEventId);
    const outcome = await this.#outcomeOf(event, known);
    return { kind: 'resolveActivity', activityId: known.activityId, outcome };
  }

  async #outcomeOf(
    event: ResolvingEvent,
    known: { activityId: string; activityType: string },
  ): Promise<Extract<ActivationJob, { kind: 'resolveActivity' }>['outcome']> {
    if (event.eventType === 'ActivityTaskCompleted') {
      const result = await this.#open('activity-result', event.attributes.result);
      return { kind: 'completed', result };
    }
    if (event.eventType === 'ActivityTaskCanceled') {
      const details = await this.#open('cancel-details', event.attributes.details);
      return { kind: 'canceled', failure: { message: '', info: { kind: 'canceled', details } } };
    }
    const { failure, retryState, startedEventId, scheduledEventId } = event.attributes;
    const cause = await this.#converter.openFailure(this.#place, failure);
    const timedOut = event.eventType === 'ActivityTaskTimedOut';
    const message = timedOut ? 'Activity task timed out' : 'Activity task failed';
    const info = {
      kind: 'activity' as const,
      ...known,
      scheduledEventId,
      startedEventId,
      retryState,
    };
    return { kind: 'failed', failure: { message, info, cause } };
  }

  async #open(
    purpose: 'signal' | 'memo' | 'workflow-input' | 'activity-result' | 'cancel-details',
    blob: Uint8Array | undefined,
  ): Promise<readonly Payload[]> {
    if (blob === undefined) return [];
    const { namespace, workflowId } = this.#place;
    return this.#converter.fromBlob({ namespace, workflowId, purpose }, blob);
  }
}

/** Events of the commands of the task whose WorkflowTaskCompleted stands at `completedAt`. */
function commandEventsOf(events: readonly HistoryEvent[], completedAt: number): HistoryEvent[] {
  const completedId = events[completedAt]!.eventId;
  const found: HistoryEvent[] = [];
  for (let i = completedAt + 1; i < events.length; i++) {
    const { attributes } = events[i]!;
    const belongs =
      'workflowTaskCompletedEventId' in attributes &&
      attributes.workflowTaskCompletedEventId === completedId;
    if (belongs) found.push(events[i]!);
  }
  return found;
}
