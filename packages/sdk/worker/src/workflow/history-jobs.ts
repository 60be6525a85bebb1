/**
 * From events to activations: which jobs one workflow task brings, in the order of semantics §2.
 * Follows one run through its history, task by task, and remembers what later events refer to.
 */
import { type Payload, type Priority, headersFromPayloads } from '@perdure/common';
import type { LoadedDataConverter, PayloadPurpose } from '@perdure/data-converter';
import type { EventOf, HistoryEvent, UpdateRequest } from '@perdure/protocol';
import type { ActivationJob } from '@perdure/workflow/runtime';
import { type LocalActivityResolution, type PatchMark, markOf } from './markers.ts';
import { OtherWorkflowJobs } from './other-workflow-jobs.ts';
import { commandEventsOf } from './recorded-commands.ts';
import { initializeJob } from './run-facts.ts';
import type { TaskCommand } from './wire-commands.ts';

/** One workflow task as the run is to live through it. */
export interface TaskStep {
  /** WorkflowTaskStarted. */
  readonly started: EventOf<'WorkflowTaskStarted'>;
  readonly jobs: readonly ActivationJob[];
  /** What the run gave in this task, when it is a replay; undefined for what is to be done now. */
  readonly recorded: RecordedTask | undefined;
}

/** What the history holds of a task that was done. */
export interface RecordedTask {
  /** Events of the commands that the run gave. */
  readonly events: readonly HistoryEvent[];
  /** What local activities came to in the task, in order. */
  readonly localActivities: readonly LocalActivityResolution[];
  /** Patches by the id of their marker's event. */
  readonly patches: ReadonlyMap<number, PatchMark>;
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

/** Jobs of one rank come in event order; signals and updates come before the rest. */
interface RankedJob {
  readonly rank: 0 | 1 | 2 | 3;
  readonly job: ActivationJob;
}

const INITIALIZE = 0;
const PATCHES_AND_SEED = 1;
const SIGNALS_AND_UPDATES = 2;
const THE_REST = 3;

export class HistoryJobs {
  readonly #converter: LoadedDataConverter;
  readonly #place: RunPlace;
  /** Activity ids by scheduledEventId. */
  readonly #activityIds = new Map<number, { activityId: string; activityType: string }>();
  readonly #others: OtherWorkflowJobs;
  /** Updates that a reset carried over, until they are accepted. */
  readonly #admitted = new Map<string, UpdateRequest>();
  #jobs: RankedJob[] = [];
  /** The run's own; undefined until its first event has been seen. */
  priority: Priority | undefined;

  constructor(converter: LoadedDataConverter, place: RunPlace) {
    this.#converter = converter;
    this.#place = place;
    this.#others = new OtherWorkflowJobs(converter, place.namespace);
  }

  /** Learns of an activity without its event. */
  note(scheduledEventId: number, activityId: string, activityType: string): void {
    this.#activityIds.set(scheduledEventId, { activityId, activityType });
  }

  /** Learns of a command's event without seeing it. */
  noteCommand(eventId: number, command: TaskCommand): void {
    switch (command.kind) {
      case 'scheduleActivity':
        return this.note(eventId, command.activityId, command.activityType);
      case 'startChildWorkflow':
        return this.#others.initiated(eventId, 'child');
      case 'signalExternalWorkflow':
        return this.#others.initiated(eventId, 'signal');
      case 'requestCancelExternalWorkflow':
        return this.#others.initiated(eventId, 'cancel');
      default:
        return undefined;
    }
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

  /**
   * Splits events into the tasks they bring. A WorkflowTaskStarted at the end is a task that is to be
   * done now, and `updates` came with it.
   */
  async steps(
    events: readonly HistoryEvent[],
    updates: readonly UpdateRequest[] = [],
  ): Promise<TaskStep[]> {
    const steps: TaskStep[] = [];
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      if (event.eventType !== 'WorkflowTaskStarted') {
        const noting = this.#note(event);
        if (noting) await noting;
      } else if (i === events.length - 1) {
        for (const request of [...this.#admitted.values(), ...updates]) {
          await this.#pushUpdate(request, true);
        }
        this.#admitted.clear();
        steps.push(this.#step(event, undefined));
      } else if (events[i + 1]!.eventType === 'WorkflowTaskCompleted') {
        const recorded = await this.#recorded(commandEventsOf(events, i + 1));
        steps.push(this.#step(event, recorded));
      }
    }
    return steps;
  }

  #step(started: EventOf<'WorkflowTaskStarted'>, recorded: RecordedTask | undefined): TaskStep {
    const jobs = this.#jobs.toSorted((a, b) => a.rank - b.rank).map(({ job }) => job);
    this.#jobs = [];
    return { started, jobs, recorded };
  }

  /** What the run gave in a task; of it, patches and updates are told to the run ahead of need. */
  async #recorded(events: readonly HistoryEvent[]): Promise<RecordedTask> {
    const localActivities: LocalActivityResolution[] = [];
    const patches = new Map<number, PatchMark>();
    for (const event of events) {
      if (event.eventType === 'WorkflowExecutionUpdateAccepted') await this.#accepted(event);
      if (event.eventType !== 'MarkerRecorded') continue;
      const mark = await markOf(this.#converter, this.#place, event);
      if (mark?.kind === 'localActivity') localActivities.push(mark);
      if (mark?.kind !== 'patch') continue;
      patches.set(event.eventId, mark);
      this.#push(PATCHES_AND_SEED, { kind: 'notifyHasPatch', patchId: mark.patchId });
    }
    return { events, localActivities, patches };
  }

  async #accepted(event: EventOf<'WorkflowExecutionUpdateAccepted'>): Promise<void> {
    const { protocolInstanceId, acceptedRequest } = event.attributes;
    const request = acceptedRequest ?? this.#admitted.get(protocolInstanceId);
    this.#admitted.delete(protocolInstanceId);
    if (request) return this.#pushUpdate(request, false);
    throw new Error(
      `event ${event.eventId} accepts update ${protocolInstanceId}, which is unknown`,
    );
  }

  async #pushUpdate(request: UpdateRequest, runValidator: boolean): Promise<void> {
    const { updateId, updateName, input, header } = request;
    this.#push(SIGNALS_AND_UPDATES, {
      kind: 'doUpdate',
      protocolInstanceId: updateId,
      id: updateId,
      name: updateName,
      args: await this.#open('update-input', input),
      headers: await this.#headers(header),
      runValidator,
    });
  }

  /** A promise only where payloads have to be opened. */
  #note(event: HistoryEvent): Promise<void> | undefined {
    switch (event.eventType) {
      case 'WorkflowExecutionStarted':
        this.priority = event.attributes.priority;
        return this.#pushLater(INITIALIZE, initializeJob(this.#converter, this.#place, event));
      case 'WorkflowTaskFailed':
        if (event.attributes.cause === 'RESET_WORKFLOW') {
          const randomSeed = this.#place.runId;
          this.#push(PATCHES_AND_SEED, { kind: 'updateRandomSeed', randomSeed });
        }
        return undefined;
      case 'WorkflowExecutionSignaled':
        return this.#pushLater(SIGNALS_AND_UPDATES, this.#signal(event));
      case 'WorkflowExecutionUpdateAdmitted':
        this.#admitted.set(event.attributes.request.updateId, event.attributes.request);
        return undefined;
      case 'WorkflowExecutionCancelRequested':
        this.#push(THE_REST, { kind: 'cancelWorkflow', cause: event.attributes.cause });
        return undefined;
      case 'TimerFired':
        this.#push(THE_REST, { kind: 'fireTimer', timerId: event.attributes.timerId });
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
        return this.#pushLater(THE_REST, this.#resolveActivity(event));
      default:
        return this.#noteOther(event);
    }
  }

  #noteOther(event: HistoryEvent): Promise<void> | undefined {
    const job = this.#others.job(event);
    if (job instanceof Promise) return this.#pushLater(THE_REST, job);
    if (job) this.#push(THE_REST, job);
    return undefined;
  }

  #push(rank: RankedJob['rank'], job: ActivationJob): void {
    this.#jobs.push({ rank, job });
  }

  async #pushLater(rank: RankedJob['rank'], job: Promise<ActivationJob>): Promise<void> {
    this.#push(rank, await job);
  }

  async #signal(event: EventOf<'WorkflowExecutionSignaled'>): Promise<ActivationJob> {
    const { signalName, input, header } = event.attributes;
    const args = await this.#open('signal', input);
    return { kind: 'signalWorkflow', signalName, args, headers: await this.#headers(header) };
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

  async #headers(blob: Uint8Array | undefined) {
    return blob && headersFromPayloads(await this.#open('header', blob));
  }

  async #open(purpose: PayloadPurpose, blob: Uint8Array | undefined): Promise<readonly Payload[]> {
    if (blob === undefined) return [];
    const { namespace, workflowId } = this.#place;
    return this.#converter.fromBlob({ namespace, workflowId, purpose }, blob);
  }
}
