/**
 * Finds workers for the tasks of one transition while it is decided, so that "started" is part of
 * it. Every slot that is taken ends up in a placement or is given back.
 */
import {
  type ExecutionState,
  type FollowUp,
  type Outcome,
  type Transition,
  updatesOfTask,
} from '@perdure/engine';
import type { QueueKey } from '@perdure/ports';
import type { UpdateRequest } from '@perdure/protocol';
import type { Matcher } from '../matching/matcher.ts';
import type { Sessions } from '../matching/sessions.ts';
import type { HandOver, RunningTask, WorkerSession } from '../matching/worker-session.ts';
import type { ExecutionEntry } from './execution-entry.ts';
import { nextFence } from './fence.ts';
import type { PlaceRequest } from './request.ts';

/** A task that a session gets once it is durable that the session has it. */
export interface Placement {
  readonly session: WorkerSession;
  readonly task: RunningTask;
  /** Set when the worker holds the input: then it is told in the acknowledgement. */
  readonly handedOver: boolean;
  /** What a workflow task takes along. */
  readonly updates: readonly UpdateRequest[];
}

export interface PlacerContext {
  readonly matcher: Matcher;
  readonly sessions: Sessions;
}

type Dispatch = Exclude<FollowUp, { kind: 'cancelActivity' }>;

export class TaskPlacer {
  placements: Placement[] = [];
  readonly #entry: ExecutionEntry;
  readonly #transition: Transition;
  readonly #matcher: Matcher;
  readonly #sessions: Sessions;
  readonly #eager: HandOver[][] = [];

  constructor(entry: ExecutionEntry, transition: Transition, context: PlacerContext) {
    this.#entry = entry;
    this.#transition = transition;
    this.#matcher = context.matcher;
    this.#sessions = context.sessions;
  }

  /** The placement of the workflow task, if it has found a worker. */
  get workflowTask(): Placement | undefined {
    return this.placements.find(({ task }) => task.kind === 'workflow');
  }

  /**
   * Places what follows from one request, as far as there are slots.
   *
   * @param origin the session that made the request: first choice for its activities
   * @returns what is handed back to it; {@link callOffVoid} may take some of that away again
   */
  placeAll(followUps: readonly Dispatch[], origin: WorkerSession | undefined): HandOver[] {
    const eager: HandOver[] = [];
    this.#eager.push(eager);
    for (const followUp of followUps) {
      if (followUp.kind === 'dispatchWorkflowTask') this.#placeWorkflowTask(followUp);
      else this.#placeActivity(followUp, origin, eager);
    }
    return eager;
  }

  /** A task that waited gets the slot that was taken for it, or waits on: then undefined. */
  placeWaiting(request: PlaceRequest): Outcome | undefined {
    const { kind, scheduledEventId, attempt } = request.task;
    const session = this.#stillThere(request);
    if (!session) return undefined;
    return kind === 'workflow'
      ? this.#startWorkflowTask(session, scheduledEventId, attempt)
      : this.#startActivity(session, scheduledEventId, attempt, false).outcome;
  }

  /** The slot that was taken for a task of another run is of no use. */
  release({ session, task }: PlaceRequest): void {
    this.#matcher.release(session, task.kind);
  }

  /** What was placed and then, in this very transition, ended (a terminated run) goes to nobody. */
  callOffVoid(state: ExecutionState): void {
    const called = this.placements.filter(({ session, task }) => !stands(state, session, task));
    if (called.length === 0) return;
    this.placements = this.placements.filter((placement) => !called.includes(placement));
    for (const { session, task } of called) session.forget(task);
    for (const eager of this.#eager) {
      const standing = eager.filter(({ task }) => !called.some((each) => each.task === task));
      eager.splice(0, eager.length, ...standing);
    }
    for (const { session } of called) this.#matcher.offer(session);
  }

  /** What a worker has and this very transition may bring to its end is no longer placed by it. */
  settle(placement: Placement | undefined): void {
    this.placements = this.placements.filter((each) => each !== placement);
  }

  /** The transition did not come to be: gives back every slot. */
  undo(): void {
    const { placements } = this;
    this.placements = [];
    for (const { session, task } of placements) session.forget(task);
    for (const { session } of placements) this.#matcher.offer(session);
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
    const { namespaceId, workflowId } = this.#entry.key;
    const run = { namespaceId, shard: this.#entry.shard, runId };
    this.#matcher.enqueue(key, [{ run, workflowId, task }]);
    return undefined;
  }

  #placeWorkflowTask(followUp: Extract<FollowUp, { kind: 'dispatchWorkflowTask' }>): void {
    const { scheduledEventId, attempt, stickySession, taskQueue } = followUp;
    const { namespaceId } = this.#entry.key;
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
    const state = this.#transition.state!;
    const startedEventId = state.workflowTask?.startedEventId ?? 0;
    const token = { ...this.#run(), startedEventId, attempt, fence };
    this.#assign(
      session,
      { kind: 'workflow', token, delivered: false },
      false,
      updatesOfTask(state),
    );
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
    if (scheduled && !handOver) this.#entry.keepScheduled(scheduled);
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
    this.#assign(session, task, handedOver, []);
    return { outcome, task };
  }

  /** From here on the session counts as running it, so that a lost delivery can be noticed. */
  #assign(
    session: WorkerSession,
    task: RunningTask,
    handedOver: boolean,
    updates: readonly UpdateRequest[],
  ): void {
    session.assign(task);
    this.placements.push({ session, task, handedOver, updates });
  }

  #run(): { workflowId: string; runId: string } {
    return {
      workflowId: this.#entry.key.workflowId,
      runId: this.#transition.state?.runId ?? '',
    };
  }

  #queueKey(taskQueue: string, kind: QueueKey['kind']): QueueKey {
    return { namespaceId: this.#entry.key.namespaceId, taskQueue, kind };
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
