/**
 * One transition of one run on its way to the store: the requests it answers, the decision, the
 * slots taken for the tasks that follow, and what is to be sent once it is durable. Where another
 * run follows the one that closes, its first transition is part of this one.
 */
import {
  type Decision,
  type ExecutionState,
  type Outcome,
  type Transfer,
  type Transition,
  encodeState,
  nextRunCommand,
  openTransition,
  owesTransfers,
  transfersOf,
  transientEvents,
  withHistoryBytes,
} from '@perdure/engine';
import type { ExecutionTransition } from '@perdure/ports';
import { type HistoryEvent, concatBytes } from '@perdure/protocol';
import type { HandOver, WorkerSession } from '../matching/worker-session.ts';
import type { ExecutionEntry } from './execution-entry.ts';
import { HistoryTail, type Segment } from './history-tail.ts';
import { type Suspect, inspect } from './inspect.ts';
import type { CommandRequest, PlaceRequest, Request, StartRequest } from './request.ts';
import { type Placement, type PlacerContext, TaskPlacer } from './task-placer.ts';
import { weightOf } from './weight.ts';

/** What a draft works with. */
export interface DraftContext extends PlacerContext {
  readonly now: number;
  newRunId(): string;
}

interface Answer {
  readonly request: Request;
  readonly outcome: Outcome;
  readonly eager: readonly HandOver[];
  readonly duplicate: boolean;
}

/** A running attempt that is to stop. */
export interface ActivityCancellation {
  readonly session: string;
  readonly scheduledEventId: number;
  readonly attempt: number;
}

export class Draft {
  readonly entry: ExecutionEntry;
  readonly suspects: Suspect[] = [];
  readonly cancellations: ActivityCancellation[] = [];
  /** Work between workflows that the run was found to owe still when it woke. */
  overdue: readonly Transfer[] = [];
  /** The {@link earlyTask}, once its worker has it. */
  pushedEarly: Placement | undefined;
  /** Bytes of payloads taken in, about. */
  weight = 0;
  readonly #answers: Answer[] = [];
  readonly #base: ExecutionState | undefined;
  readonly #replacesRunId: string | undefined;
  readonly #context: DraftContext;
  readonly #transition: Transition;
  readonly #placer: TaskPlacer;
  readonly #requestIds = new Set<string>();
  /** The request being taken in. */
  #taking: Request | undefined;
  #decision: Decision | undefined;
  #state: ExecutionState | undefined;
  #taskSegment: Segment | undefined;
  /** Events in the form of the history table, as far as they are encoded. */
  #encoded: Uint8Array[] = [];
  #encodedEvents = 0;
  #endsWorkflowTask = false;
  #successor: Draft | undefined;

  constructor(entry: ExecutionEntry, base: ExecutionState | undefined, context: DraftContext) {
    this.entry = entry;
    this.#base = base;
    this.#context = context;
    this.#replacesRunId = base === undefined ? entry.state?.runId : undefined;
    const { now } = context;
    const stateBytes = base ? entry.stateBytes : 0;
    const newRunId = () => context.newRunId();
    this.#transition = openTransition(base, { now, newRunId, stateBytes });
    this.#placer = new TaskPlacer(entry, this.#transition, context);
  }

  get decision(): Decision {
    if (!this.#decision) throw new Error('the draft is not closed yet');
    return this.#decision;
  }

  /** The state as it is stored. Not before {@link toTransition}. */
  get state(): ExecutionState {
    if (!this.#state) throw new Error('the draft has no stored form yet');
    return this.#state;
  }

  /** The first transition of the run that follows, if one does. */
  get successor(): Draft | undefined {
    return this.#successor;
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.#decision?.changed ?? false;
  }

  /** Whether it begins a run. */
  get isStart(): boolean {
    return this.#base === undefined;
  }

  get runId(): string {
    return this.#transition.state?.runId ?? '';
  }

  /** Requests taken in so far. */
  get size(): number {
    return this.#answers.length + (this.#taking ? 1 : 0);
  }

  /** Tasks that have found a worker. */
  get placements(): readonly Placement[] {
    return this.#placer.placements;
  }

  /** When the latest request came that was refused, so that a stale state may be to blame; or 0. */
  get refusedLast(): number {
    let last = 0;
    for (const { request, outcome } of this.#answers) {
      if (outcome.kind === 'rejected') last = Math.max(last, request.submittedAt ?? 0);
    }
    return last;
  }

  /**
   * The workflow task that may be pushed before this transition is durable, if there is one. Its
   * worker can do no harm with it: what it answers waits for the commit, and is refused by its
   * fence if there is none. Not the task that follows from another one of the same run: its worker
   * is still to hear what became of that.
   */
  get earlyTask(): Placement | undefined {
    return this.#endsWorkflowTask ? undefined : this.#placer.workflowTask;
  }

  /** Segment for the workflow task that this transition started, if it started one. */
  get taskSegment(): Segment | undefined {
    return this.#taskSegment;
  }

  /** Takes in one request: decides it, and finds workers for what follows from it. */
  take(request: Request): void {
    this.#taking = request;
    if (request.kind === 'start') this.#start(request);
    else if (request.kind === 'command') this.#command(request);
    else if (request.kind === 'place') this.#placeWaiting(request);
    else this.#wake(request);
    this.#taking = undefined;
    this.weight += weightOf(request);
  }

  /** Ends the deciding. Where there is no run, every request was refused and nothing is decided. */
  close(): void {
    if (!this.#transition.state) return;
    this.#decision = this.#transition.close();
    this.#placer.callOffVoid(this.#decision.state);
    if (this.#decision.closed) this.#stopActivities(this.#decision);
    if (this.#decision.next) this.#succeed(this.#decision.next);
  }

  /** Takes in further requests after all. Only while nothing has gone to the store. */
  reopen(): void {
    this.#placer.settle(this.pushedEarly);
    this.#decision = undefined;
  }

  /** Brings what was decided into the form of the history, and of the task that follows from it. */
  encode(): void {
    const { entry, decision } = this;
    // What the run before has left there is not of this one.
    if (this.isStart && this.#encodedEvents === 0) entry.tail = new HistoryTail();
    const events = decision.events.slice(this.#encodedEvents);
    const appended = events.length > 0 ? entry.tail.append(events) : undefined;
    if (appended) this.#encoded.push(appended.stored);
    this.#encodedEvents = decision.events.length;
    this.#taskSegment = this.#transientSegment(decision.state) ?? appended?.forTask;
  }

  /** The form the store takes. Call once, after {@link close}. */
  toTransition(): ExecutionTransition {
    this.encode();
    const { entry, decision } = this;
    const { events, outbox, wake, closed } = decision;
    const segment = concatBytes(this.#encoded);
    const historyBytes = (this.#base?.historyBytes ?? 0) + segment.length;
    const state = withHistoryBytes(decision.state, historyBytes);
    this.#state = state;
    return {
      key: { ...entry.key, runId: state.runId },
      expectedVersion: this.#base ? entry.version : 0,
      state: encodeState(state),
      history: events[0] && { firstEventId: events[0].eventId, segment },
      started: this.#base
        ? undefined
        : {
            workflowType: state.workflowType,
            taskQueue: state.taskQueue,
            startTime: state.startTime,
            replacesRunId: this.#replacesRunId,
          },
      closed: closed && { ...closed, historyLength: state.nextEventId - 1 },
      addTasks: outbox.add,
      removeTasks: outbox.remove,
      wake,
      requestIds: [...this.#requestIds],
      next: this.#successor?.toTransition(),
    };
  }

  /** Answers every request. Call once the transition is durable, or has changed nothing. */
  answerAll(): void {
    const { state } = this.#transition;
    const nextEventId = state?.nextEventId ?? 0;
    const firstExecutionRunId = state?.firstExecutionRunId ?? '';
    for (const { request, outcome, eager, duplicate } of this.#answers) {
      const run = { runId: this.runId, firstExecutionRunId };
      request.done({ outcome, ...run, nextEventId, eager, duplicate });
    }
  }

  /**
   * The transition did not come to be: gives back every slot.
   *
   * @returns all requests taken in
   */
  undo(): Request[] {
    this.#successor?.undo();
    this.#placer.undo();
    const requests = this.#answers.map(({ request }) => request);
    if (this.#taking) requests.push(this.#taking);
    return requests;
  }

  #start(request: StartRequest): void {
    this.#answer(request, this.#transition.apply(request.command), undefined);
  }

  #command(request: CommandRequest): void {
    const { runId, requestId, session } = request;
    if (endsWorkflowTask(request)) this.#endsWorkflowTask = true;
    const current = this.#transition.state;
    if (runId !== undefined && current && runId !== current.runId) {
      return this.#note(request, notThisRun(runId));
    }
    if (requestId !== undefined && this.#requestIds.has(requestId)) {
      return this.#note(request, { kind: 'accepted' }, { duplicate: true });
    }
    const outcome = this.#transition.apply(request.command);
    if (outcome.kind !== 'rejected' && requestId !== undefined) this.#requestIds.add(requestId);
    this.#answer(request, outcome, session);
  }

  #placeWaiting(request: PlaceRequest): void {
    const { runId } = request;
    if (this.#base?.runId !== runId) {
      this.#placer.release(request);
      return this.#note(request, notThisRun(runId));
    }
    const outcome = this.#placer.placeWaiting(request);
    if (outcome) this.#answer(request, outcome, undefined);
    else this.#note(request, waitsOn);
  }

  /** Hands on what lost its worker, then fires what is due. */
  #wake(request: Request): void {
    const { state } = this.#transition;
    if (state && state.status === 'RUNNING') {
      const { lost, suspects } = inspect(state, this.#context.sessions, this.entry.key.namespaceId);
      for (const command of lost) this.#transition.apply(command);
      this.suspects.push(...suspects);
    }
    this.#answer(request, this.#transition.apply({ kind: 'wakeUp' }), undefined);
    if (this.#base && owesTransfers(this.#base)) this.overdue = transfersOf(this.#base);
  }

  #note(request: Request, outcome: Outcome, how: Partial<Answer> = {}): void {
    this.#answers.push({ request, outcome, eager: [], duplicate: false, ...how });
  }

  #answer(request: Request, outcome: Outcome, session: WorkerSession | undefined): void {
    const dispatches = [];
    for (const followUp of this.#transition.takeFollowUps()) {
      if (followUp.kind === 'cancelActivity') this.cancellations.push(followUp);
      else dispatches.push(followUp);
    }
    this.#note(request, outcome, { eager: this.#placer.placeAll(dispatches, session) });
  }

  /** Begins the run that follows; it becomes real together with the close of this one. */
  #succeed(next: NonNullable<Decision['next']>): void {
    const { started } = this.entry;
    if (started?.runId !== this.runId) throw new Error('the start of the run was not loaded');
    const successor = new Draft(this.entry, undefined, this.#context);
    successor.take({
      kind: 'start',
      command: nextRunCommand(next, started.event),
      reusePolicy: 'ALLOW_DUPLICATE',
      conflictPolicy: 'FAIL',
      deadline: Number.POSITIVE_INFINITY,
      done() {},
      fail() {},
    });
    successor.close();
    this.#successor = successor;
  }

  /** The run has closed: nobody wants the outcome of what it still ran. */
  #stopActivities({ events }: Decision): void {
    const ended = new Set<number>();
    for (const event of events) {
      const scheduledEventId = endedActivityOf(event);
      if (scheduledEventId !== undefined) ended.add(scheduledEventId);
    }
    for (const { session, scheduledEventId, attempt } of this.#base?.activities.values() ?? []) {
      if (session === undefined || ended.has(scheduledEventId)) continue;
      this.cancellations.push({ session, scheduledEventId, attempt });
    }
  }

  /** A retried task's own Scheduled and Started events are not stored, yet the worker needs them. */
  #transientSegment(state: ExecutionState): Segment | undefined {
    const placement = this.#placer.workflowTask;
    if (!placement) return undefined;
    const events = transientEvents(state, placement.session.identity);
    return events.length > 0 ? this.entry.tail.withTransient(events) : undefined;
  }
}

function endsWorkflowTask({ command: { kind } }: CommandRequest): boolean {
  return kind === 'completeWorkflowTask' || kind === 'failWorkflowTask' || kind === 'completeStep';
}

const waitsOn: Outcome = {
  kind: 'rejected',
  reason: 'stale',
  message: 'the worker left before it was given the task, which waits for another',
};

function notThisRun(runId: string): Outcome {
  return {
    kind: 'rejected',
    reason: 'notFound',
    message: `run ${runId} is not the current run of its workflow: it has closed or never was`,
  };
}

/** Which activity an event ends, if any: the request of a cancellation does not. */
function endedActivityOf(event: HistoryEvent): number | undefined {
  switch (event.eventType) {
    case 'ActivityTaskCompleted':
    case 'ActivityTaskFailed':
    case 'ActivityTaskTimedOut':
    case 'ActivityTaskCanceled':
      return event.attributes.scheduledEventId;
    default:
      return undefined;
  }
}
