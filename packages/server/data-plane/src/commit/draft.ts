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
import type { EagerActivity } from '@perdure/protocol';
import type { Matcher } from '../matching/matcher.ts';
import type { Sessions } from '../matching/sessions.ts';
import { type WorkerSession, activityKey, workflowTaskKey } from '../matching/worker-session.ts';
import type { ExecutionEntry } from './execution-entry.ts';
import type { Segment } from './history-tail.ts';
import type { CommandRequest, PlaceRequest, Request, StartRequest, WakeRequest } from './request.ts';

/** A task that will be pushed to a session once it is durable that the session has it. */
export type Placement =
  | { readonly kind: 'workflow'; readonly session: WorkerSession }
  | {
      readonly kind: 'activity';
      readonly session: WorkerSession;
      readonly scheduledEventId: number;
      readonly attempt: number;
      /** The worker holds the input: it is told in the acknowledgement. */
      readonly eager: boolean;
    };

/** A started task whose session this server does not know: alive elsewhere, or lost. */
export interface Suspect {
  readonly sessionId: string;
  readonly command:
    | { kind: 'loseWorkflowTask'; startedEventId: number; attempt: number }
    | { kind: 'loseActivity'; scheduledEventId: number; attempt: number };
}

interface Answer {
  readonly request: Request;
  readonly outcome: Outcome;
  readonly eager: EagerActivity[];
}

export class Draft {
  readonly entry: ExecutionEntry;
  readonly answers: Answer[] = [];
  readonly placements: Placement[] = [];
  readonly suspects: Suspect[] = [];
  readonly cancellations: { session: string; scheduledEventId: number; attempt: number }[] = [];
  readonly #base: ExecutionState | undefined;
  readonly #replacesRunId: string | undefined;
  readonly #transition: Transition;
  readonly #matcher: Matcher;
  readonly #sessions: Sessions;
  readonly #requestIds: string[] = [];
  #decision: Decision | undefined;
  #taskSegment: Segment | undefined;

  constructor(
    entry: ExecutionEntry,
    base: ExecutionState | undefined,
    context: { now: number; matcher: Matcher; sessions: Sessions },
  ) {
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

  get runId(): string {
    return this.#transition.state?.runId ?? '';
  }

  /** Segment for the workflow task that this transition started, if it started one. */
  get taskSegment(): Segment | undefined {
    return this.#taskSegment;
  }

  #start(request: StartRequest): void {
    this.#answer(request, this.#transition.apply(request.command), undefined);
  }

  #command(request: CommandRequest): void {
    const { runId, requestId, session } = request;
    if (runId !== undefined && this.#base && runId !== this.#base.runId) {
      this.answers.push({ request, outcome: notThisRun(runId), eager: [] });
      return;
    }
    const outcome = this.#transition.apply(request.command);
    if (outcome.kind !== 'rejected' && requestId !== undefined) this.#requestIds.push(requestId);
    this.#answer(request, outcome, session);
  }

  /** A task that waited gets the slot that was taken for it. */
  #placeWaiting(request: PlaceRequest): void {
    const { session, task } = request;
    const { kind, scheduledEventId, attempt } = task;
    let outcome: Outcome;
    if (this.#base?.runId !== request.runId) {
      this.#matcher.release(session, kind);
      outcome = notThisRun(request.runId);
    } else if (kind === 'workflow') {
      outcome = this.#startWorkflowTask(session, scheduledEventId, attempt);
    } else {
      outcome = this.#startActivity(session, scheduledEventId, attempt, false);
    }
    this.#answer(request, outcome, undefined);
  }

  /** Hands on what lost its worker, then fires what is due. */
  #wake(request: WakeRequest): void {
    const { state } = this.#transition;
    if (state && state.status === 'RUNNING') {
      this.#inspectWorkflowTask(state);
      this.#inspectActivities(state);
    }
    this.#answer(request, this.#transition.apply({ kind: 'wakeUp' }), undefined);
  }

  /** Ends the deciding. Where there is no run, every request was refused and nothing is decided. */
  close(): void {
    if (this.#transition.state) this.#decision = this.#transition.close();
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.#decision?.changed ?? false;
  }

  /** The form the store takes. Call once, after {@link close}. */
  toTransition(): ExecutionTransition {
    const { entry, decision } = this;
    const { events, state, outbox, wake, closed } = decision;
    const appended = events.length > 0 ? entry.tail.append(events) : undefined;
    this.#taskSegment = appended?.forTask ?? this.#transientSegment(state);
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
      requestIds: this.#requestIds,
    };
  }

  /** Takes in one request: decides it, and finds workers for what follows from it. */
  take(request: Request): void {
    if (request.kind === 'start') this.#start(request);
    else if (request.kind === 'command') this.#command(request);
    else if (request.kind === 'place') this.#placeWaiting(request);
    else this.#wake(request);
  }

  /** Answers every request. Call once the transition is durable, or has changed nothing. */
  answerAll(): void {
    const nextEventId = this.#transition.state?.nextEventId ?? 0;
    for (const { request, outcome, eager } of this.answers) {
      request.done({ outcome, runId: this.runId, nextEventId, eager, duplicate: false });
    }
  }

  /**
   * The transition did not come to be: gives back every slot.
   *
   * @returns the requests that are to be decided again
   */
  undo(): Request[] {
    for (const placement of this.placements) {
      placement.session.running.delete(this.#keyOf(placement));
      this.#matcher.release(placement.session, placement.kind);
    }
    const { namespaceId, workflowId } = this.entry.key;
    const again: Request[] = [];
    for (const { request } of this.answers) {
      if (request.kind !== 'place') again.push(request);
      else {
        const run = { namespaceId, shard: this.entry.shard, runId: request.runId };
        const { taskQueue } = request.session;
        const key = { namespaceId, taskQueue, kind: request.task.kind };
        this.#matcher.enqueue(key, [{ run, workflowId, task: request.task }]);
      }
    }
    return again;
  }

  #answer(request: Request, outcome: Outcome, session: WorkerSession | undefined): void {
    const eager: EagerActivity[] = [];
    for (const followUp of this.#transition.takeFollowUps()) this.#place(followUp, session, eager);
    this.answers.push({ request, outcome, eager });
  }

  #place(followUp: FollowUp, origin: WorkerSession | undefined, eager: EagerActivity[]): void {
    if (followUp.kind === 'cancelActivity') this.cancellations.push(followUp);
    else if (followUp.kind === 'dispatchWorkflowTask') this.#placeWorkflowTask(followUp);
    else this.#placeActivity(followUp, origin, eager);
  }

  #placeWorkflowTask(followUp: Extract<FollowUp, { kind: 'dispatchWorkflowTask' }>): void {
    const { scheduledEventId, attempt, stickySession, taskQueue } = followUp;
    const sticky = stickySession === undefined ? undefined : this.#sessions.get(stickySession);
    const session = this.#matcher.reserve(this.#queueKey(taskQueue, 'workflow'), sticky);
    if (session) this.#startWorkflowTask(session, scheduledEventId, attempt);
  }

  #startWorkflowTask(session: WorkerSession, scheduledEventId: number, attempt: number): Outcome {
    const outcome = this.#transition.apply({
      kind: 'startWorkflowTask',
      scheduledEventId,
      attempt,
      session: session.sessionId,
      identity: session.identity,
    });
    if (outcome.kind === 'rejected') this.#matcher.release(session, 'workflow');
    else this.#record({ kind: 'workflow', session });
    return outcome;
  }

  #placeActivity(
    followUp: Extract<FollowUp, { kind: 'dispatchActivity' }>,
    origin: WorkerSession | undefined,
    eager: EagerActivity[],
  ): void {
    const { scheduledEventId, attempt, taskQueue, scheduled, activityId } = followUp;
    if (scheduled) this.entry.scheduledActivities.set(scheduledEventId, scheduled);
    const session = this.#matcher.reserve(this.#queueKey(taskQueue, 'activity'), origin);
    if (!session) return;
    const isEager = session === origin && scheduled !== undefined;
    const outcome = this.#startActivity(session, scheduledEventId, attempt, isEager);
    if (isEager && outcome.kind !== 'rejected') eager.push({ activityId, scheduledEventId });
  }

  #startActivity(
    session: WorkerSession,
    scheduledEventId: number,
    attempt: number,
    eager: boolean,
  ): Outcome {
    const outcome = this.#transition.apply({
      kind: 'startActivity',
      scheduledEventId,
      attempt,
      session: session.sessionId,
      identity: session.identity,
    });
    if (outcome.kind === 'rejected') this.#matcher.release(session, 'activity');
    else this.#record({ kind: 'activity', session, scheduledEventId, attempt, eager });
    return outcome;
  }

  /** From reservation on the session counts as running it, so that a lost push can be noticed. */
  #record(placement: Placement): void {
    const { workflowId } = this.entry.key;
    const { runId } = this;
    this.placements.push(placement);
    if (placement.kind === 'workflow') {
      const task = this.#transition.state?.workflowTask;
      const token = {
        workflowId,
        runId,
        startedEventId: task?.startedEventId ?? 0,
        attempt: task?.attempt ?? 0,
      };
      placement.session.running.set(workflowTaskKey(runId), { kind: 'workflow', token });
    } else {
      const { scheduledEventId, attempt } = placement;
      const token = { workflowId, runId, scheduledEventId, attempt };
      placement.session.running.set(this.#keyOf(placement), { kind: 'activity', token });
    }
  }

  #keyOf(placement: Placement): string {
    return placement.kind === 'workflow'
      ? workflowTaskKey(this.runId)
      : activityKey(this.runId, placement.scheduledEventId, placement.attempt);
  }

  #inspectWorkflowTask(state: ExecutionState): void {
    const task = state.workflowTask;
    if (!task || task.startedEventId === 0 || task.session === undefined) return;
    const { startedEventId, attempt, session } = task;
    const command = { kind: 'loseWorkflowTask', startedEventId, attempt } as const;
    this.#inspect(session, workflowTaskKey(state.runId), command);
  }

  #inspectActivities(state: ExecutionState): void {
    for (const activity of state.activities.values()) {
      const { scheduledEventId, attempt, session, startedAt } = activity;
      if (startedAt === 0 || session === undefined) continue;
      const key = activityKey(state.runId, scheduledEventId, attempt);
      this.#inspect(session, key, { kind: 'loseActivity', scheduledEventId, attempt });
    }
  }

  #inspect(sessionId: string, key: string, command: Suspect['command']): void {
    const session = this.#sessions.get(sessionId);
    if (!session) this.suspects.push({ sessionId, command });
    else if (!session.running.has(key)) this.#transition.apply(command);
  }

  /** A retried task's own Scheduled and Started events are not stored, yet the worker needs them. */
  #transientSegment(state: ExecutionState): Segment | undefined {
    const placement = this.placements.find(({ kind }) => kind === 'workflow');
    if (!placement) return undefined;
    const events = transientEvents(state, placement.session.identity);
    if (events.length === 0) return undefined;
    return this.entry.tail.withTransient(events);
  }

  #queueKey(taskQueue: string, kind: QueueKey['kind']): QueueKey {
    return { namespaceId: this.entry.key.namespaceId, taskQueue, kind };
  }
}

function notThisRun(runId: string): Outcome {
  return {
    kind: 'rejected',
    reason: 'notFound',
    message: `run ${runId} is not the current run of its workflow: it has closed or never was`,
  };
}
