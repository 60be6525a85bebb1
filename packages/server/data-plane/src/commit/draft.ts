/**
 * One transition of one run on its way to the store: the requests it answers, the decision, the
 * slots taken for the tasks that follow, and what is to be sent once it is durable.
 */
import {
  type Decision,
  type ExecutionState,
  type FollowUp,
  type Outcome,
  type Transition,
  encodeState,
  openTransition,
  transientEvents,
} from '@perdure/engine';
import type { ExecutionTransition, QueueKey } from '@perdure/ports';
import type { HistoryEvent } from '@perdure/protocol';
import type { Matcher } from '../matching/matcher.ts';
import type { Sessions } from '../matching/sessions.ts';
import type { HandOver, RunningTask, WorkerSession } from '../matching/worker-session.ts';
import type { ExecutionEntry } from './execution-entry.ts';
import { nextFence } from './fence.ts';
import { HistoryTail, type Segment } from './history-tail.ts';
import { type Suspect, inspect } from './inspect.ts';
import type { CommandRequest, PlaceRequest, Request, StartRequest } from './request.ts';
import { weightOf } from './weight.ts';

/** A task that a session gets once it is durable that the session has it. */
export interface Placement {
  readonly session: WorkerSession;
  readonly task: RunningTask;
  /** Set when the worker holds the input: then it is told in the acknowledgement. */
  readonly handedOver: boolean;
}

/** What a draft works with. */
export interface DraftContext {
  readonly now: number;
  readonly matcher: Matcher;
  readonly sessions: Sessions;
}

interface Answer {
  readonly request: Request;
  readonly outcome: Outcome;
  readonly eager: HandOver[];
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
  placements: Placement[] = [];
  /** The {@link earlyTask}, once its worker has it. */
  pushedEarly: Placement | undefined;
  /** Bytes of payloads taken in, about. */
  weight = 0;
  readonly #answers: Answer[] = [];
  readonly #base: ExecutionState | undefined;
  readonly #replacesRunId: string | undefined;
  readonly #transition: Transition;
  readonly #matcher: Matcher;
  readonly #sessions: Sessions;
  readonly #requestIds = new Set<string>();
  /** The request being taken in. */
  #taking: Request | undefined;
  #decision: Decision | undefined;
  #taskSegment: Segment | undefined;
  #endsWorkflowTask = false;

  constructor(entry: ExecutionEntry, base: ExecutionState | undefined, context: DraftContext) {
    this.entry = entry;
    this.#base = base;
    this.#replacesRunId = base === undefined ? entry.state?.runId : undefined;
    this.#transition = openTransition(base, { now: context.now });
    this.#matcher = context.matcher;
    this.#sessions = context.sessions;
  }

  get decision(): Decision {
    if (!this.#decision) throw new Error('the draft is not closed yet');
    return this.#decision;
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.#decision?.changed ?? false;
  }

  get runId(): string {
    return this.#transition.state?.runId ?? '';
  }

  /** Requests taken in so far. */
  get size(): number {
    return this.#answers.length + (this.#taking ? 1 : 0);
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
    if (this.#endsWorkflowTask) return undefined;
    return this.placements.find(({ task }) => task.kind === 'workflow');
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
    this.#callOffVoid(this.#decision.state);
    if (this.#decision.closed) this.#stopActivities(this.#decision);
  }

  /** The form the store takes. Call once, after {@link close}. */
  toTransition(): ExecutionTransition {
    const { entry, decision } = this;
    const { events, state, outbox, wake, closed } = decision;
    // What the run before has left there is not of this one.
    if (!this.#base) entry.tail = new HistoryTail();
    const appended = events.length > 0 ? entry.tail.append(events) : undefined;
    this.#taskSegment = this.#transientSegment(state) ?? appended?.forTask;
    return {
      key: { ...entry.key, runId: state.runId },
      expectedVersion: this.#base ? entry.version : 0,
      state: encodeState(state),
      history: appended && { firstEventId: events[0]!.eventId, segment: appended.stored },
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
    };
  }

  /** Answers every request. Call once the transition is durable, or has changed nothing. */
  answerAll(): void {
    const nextEventId = this.#transition.state?.nextEventId ?? 0;
    for (const { request, outcome, eager, duplicate } of this.#answers) {
      request.done({ outcome, runId: this.runId, nextEventId, eager, duplicate });
    }
  }

  /**
   * The transition did not come to be: gives back every slot.
   *
   * @returns all requests taken in
   */
  undo(): Request[] {
    const { placements } = this;
    this.placements = [];
    for (const { session, task } of placements) session.forget(task);
    for (const { session } of placements) this.#matcher.offer(session);
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

  /** A task that waited gets the slot that was taken for it. */
  #placeWaiting(request: PlaceRequest): void {
    const { task, runId } = request;
    const { kind, scheduledEventId, attempt } = task;
    if (this.#base?.runId !== runId) {
      this.#matcher.release(request.session, kind);
      return this.#note(request, notThisRun(runId));
    }
    const session = this.#stillThere(request);
    if (!session) return this.#note(request, waitsOn);
    const outcome =
      kind === 'workflow'
        ? this.#startWorkflowTask(session, scheduledEventId, attempt)
        : this.#startActivity(session, scheduledEventId, attempt, false).outcome;
    this.#answer(request, outcome, undefined);
  }

  /**
   * The session that the slot was taken on or, where that worker has left meanwhile, another with
   * room; undefined when there is none and the task waits for one.
   */
  #stillThere({ session, task, runId }: PlaceRequest): WorkerSession | undefined {
    if (session.present) return session;
    this.#matcher.release(session, task.kind);
    const key = this.#queueKey(session.taskQueue, task.kind);
    const other = this.#matcher.reserve(key, undefined);
    if (other) return other;
    const { entry } = this;
    const run = { namespaceId: entry.key.namespaceId, shard: entry.shard, runId };
    this.#matcher.enqueue(key, [{ run, workflowId: entry.key.workflowId, task }]);
    return undefined;
  }

  /** Hands on what lost its worker, then fires what is due. */
  #wake(request: Request): void {
    const { state } = this.#transition;
    if (state && state.status === 'RUNNING') {
      const { lost, suspects } = inspect(state, this.#sessions, this.entry.key.namespaceId);
      for (const command of lost) this.#transition.apply(command);
      this.suspects.push(...suspects);
    }
    this.#answer(request, this.#transition.apply({ kind: 'wakeUp' }), undefined);
  }

  #note(request: Request, outcome: Outcome, how: Partial<Answer> = {}): void {
    this.#answers.push({ request, outcome, eager: [], duplicate: false, ...how });
  }

  #answer(request: Request, outcome: Outcome, session: WorkerSession | undefined): void {
    const eager: HandOver[] = [];
    for (const followUp of this.#transition.takeFollowUps()) this.#place(followUp, session, eager);
    this.#note(request, outcome, { eager });
  }

  #place(followUp: FollowUp, origin: WorkerSession | undefined, eager: HandOver[]): void {
    if (followUp.kind === 'cancelActivity') this.cancellations.push(followUp);
    else if (followUp.kind === 'dispatchWorkflowTask') this.#placeWorkflowTask(followUp);
    else this.#placeActivity(followUp, origin, eager);
  }

  #placeWorkflowTask(followUp: Extract<FollowUp, { kind: 'dispatchWorkflowTask' }>): void {
    const { scheduledEventId, attempt, stickySession, taskQueue } = followUp;
    const { namespaceId } = this.entry.key;
    const sticky = stickySession && this.#sessions.get(namespaceId, stickySession);
    const key = this.#queueKey(taskQueue, 'workflow');
    const session = this.#matcher.reserve(key, sticky || undefined);
    if (session) this.#startWorkflowTask(session, scheduledEventId, attempt);
  }

  #startWorkflowTask(session: WorkerSession, scheduledEventId: number, attempt: number): Outcome {
    const fence = nextFence();
    const outcome = this.#transition.apply({
      kind: 'startWorkflowTask',
      scheduledEventId,
      attempt,
      fence,
      session: session.sessionId,
      identity: session.identity,
    });
    if (outcome.kind === 'rejected') {
      this.#matcher.release(session, 'workflow');
      return outcome;
    }
    const startedEventId = this.#transition.state?.workflowTask?.startedEventId ?? 0;
    const token = { ...this.#run(), startedEventId, attempt, fence };
    this.#assign(session, { kind: 'workflow', token, delivered: false }, false);
    return outcome;
  }

  #placeActivity(
    followUp: Extract<FollowUp, { kind: 'dispatchActivity' }>,
    origin: WorkerSession | undefined,
    eager: HandOver[],
  ): void {
    const { scheduledEventId, attempt, taskQueue, scheduled, activityId } = followUp;
    const session = this.#matcher.reserve(this.#queueKey(taskQueue, 'activity'), origin);
    const handOver = session !== undefined && session === origin && scheduled !== undefined;
    if (scheduled && !handOver) this.entry.keepScheduled(scheduled);
    if (!session) return;
    const { task } = this.#startActivity(session, scheduledEventId, attempt, handOver);
    if (handOver && task) eager.push({ activity: { activityId, scheduledEventId }, task });
  }

  #startActivity(
    session: WorkerSession,
    scheduledEventId: number,
    attempt: number,
    handedOver: boolean,
  ): { outcome: Outcome; task?: RunningTask } {
    const outcome = this.#transition.apply({
      kind: 'startActivity',
      scheduledEventId,
      attempt,
      session: session.sessionId,
      identity: session.identity,
    });
    if (outcome.kind === 'rejected') {
      this.#matcher.release(session, 'activity');
      return { outcome };
    }
    const token = { ...this.#run(), scheduledEventId, attempt };
    const task: RunningTask = { kind: 'activity', token, delivered: false };
    this.#assign(session, task, handedOver);
    return { outcome, task };
  }

  /** From here on the session counts as running it, so that a lost delivery can be noticed. */
  #assign(session: WorkerSession, task: RunningTask, handedOver: boolean): void {
    session.assign(task);
    this.placements.push({ session, task, handedOver });
  }

  /** What was placed and then, in this very transition, ended (a terminated run) goes to nobody. */
  #callOffVoid(state: ExecutionState): void {
    const called = this.placements.filter(({ session, task }) => !stands(state, session, task));
    if (called.length === 0) return;
    this.placements = this.placements.filter((placement) => !called.includes(placement));
    for (const { session, task } of called) session.forget(task);
    for (const { eager } of this.#answers) {
      const standing = eager.filter(({ task }) => !called.some((each) => each.task === task));
      eager.splice(0, eager.length, ...standing);
    }
    for (const { session } of called) this.#matcher.offer(session);
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
    const placement = this.placements.find(({ task }) => task.kind === 'workflow');
    if (!placement) return undefined;
    const events = transientEvents(state, placement.session.identity);
    return events.length > 0 ? this.entry.tail.withTransient(events) : undefined;
  }

  #run(): { workflowId: string; runId: string } {
    return { workflowId: this.entry.key.workflowId, runId: this.runId };
  }

  #queueKey(taskQueue: string, kind: QueueKey['kind']): QueueKey {
    return { namespaceId: this.entry.key.namespaceId, taskQueue, kind };
  }
}

/** Whether a state says that this session runs this task. */
function stands(state: ExecutionState, { sessionId }: WorkerSession, task: RunningTask): boolean {
  if (state.status !== 'RUNNING') return false;
  if (task.kind === 'workflow') {
    const { startedEventId, attempt, fence } = task.token;
    const started = state.workflowTask;
    return (
      started?.startedEventId === startedEventId &&
      started.attempt === attempt &&
      started.fence === fence &&
      started.session === sessionId
    );
  }
  const activity = state.activities.get(task.token.scheduledEventId);
  return (
    activity?.attempt === task.token.attempt &&
    activity.session === sessionId &&
    activity.startedAt > 0 &&
    !activity.outcomeBuffered
  );
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
