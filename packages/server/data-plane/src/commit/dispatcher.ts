/**
 * What leaves after a commit: tasks to the workers that have them, cancellations, waiting tasks to
 * the matcher, word of a close to whoever waits for a result. One frame per worker and flush.
 */
import { type Logger, inheritPriority } from '@perdure/common';
import type { ActivityState, ExecutionState } from '@perdure/engine';
import type { ExecutionStore, QueueKey } from '@perdure/ports';
import { type ActivityTask, type EventOf, encodeEvent } from '@perdure/protocol';
import type { Matcher } from '../matching/matcher.ts';
import type { Sessions } from '../matching/sessions.ts';
import type { BacklogTask } from '../matching/task-queue.ts';
import type { RunningTask, WorkerSession } from '../matching/worker-session.ts';
import { readEvent } from '../read-event.ts';
import type { ActivityCancellation, Draft } from './draft.ts';
import type { ExecutionEntry } from './execution-entry.ts';
import type { Placement } from './task-placer.ts';

type Scheduled = EventOf<'ActivityTaskScheduled'>;

export class Dispatcher {
  readonly #store: ExecutionStore;
  readonly #matcher: Matcher;
  readonly #sessions: Sessions;
  readonly #log: Logger;
  readonly #dirty = new Set<WorkerSession>();

  constructor(parts: { store: ExecutionStore; matcher: Matcher; sessions: Sessions; log: Logger }) {
    this.#store = parts.store;
    this.#matcher = parts.matcher;
    this.#sessions = parts.sessions;
    this.#log = parts.log;
  }

  /** The session has mail: it goes out with the next {@link flush}. */
  touch(session: WorkerSession): void {
    this.#dirty.add(session);
  }

  /** Sends all mail. */
  flush(): void {
    for (const session of this.#dirty) session.flush();
    this.#dirty.clear();
  }

  /**
   * Pushes the workflow task of a transition that is on its way to the store, so that its worker
   * thinks while the store writes. Activities, answers and replies wait for the commit.
   */
  pushEarly(draft: Draft): void {
    if (draft.successor) this.pushEarly(draft.successor);
    const early = draft.earlyTask;
    if (!early || early === draft.pushedEarly) return;
    draft.pushedEarly = early;
    this.#postWorkflowTask(draft, early);
  }

  /** Sends what follows from a transition that is durable now. */
  dispatch(draft: Draft): void {
    const { decision, entry } = draft;
    for (const placement of draft.placements) {
      if (placement === draft.pushedEarly) continue;
      if (placement.task.kind === 'workflow') this.#postWorkflowTask(draft, placement);
      else if (!placement.handedOver) this.#postActivity(entry, decision.state, placement);
    }
    for (const cancellation of draft.cancellations) this.#cancel(draft, cancellation);
    this.#enqueue(draft);
    if (decision.closed) announceClose(draft);
  }

  #postWorkflowTask(draft: Draft, { session, task, updates }: Placement): void {
    const { state } = draft.decision;
    const segment = draft.taskSegment;
    if (task.kind !== 'workflow' || !segment) return this.#callOff(session, task);
    const { workflowId, runId, workflowType, workflowTaskTimeoutMs: taskTimeoutMs } = state;
    const { startedEventId, attempt, fence } = task.token;
    const { firstEventId, bytes: events } = segment;
    session.postWorkflowTask(
      {
        workflowId,
        runId,
        workflowType,
        startedEventId,
        attempt,
        fence,
        firstEventId,
        events,
        taskTimeoutMs,
        ...(updates.length > 0 && { updates }),
      },
      task,
    );
    this.touch(session);
  }

  #postActivity(entry: ExecutionEntry, state: ExecutionState, placement: Placement): void {
    const { session, task } = placement;
    if (task.kind !== 'activity') return;
    const { scheduledEventId } = task.token;
    const activity = state.activities.get(scheduledEventId);
    if (!activity) return this.#callOff(session, task);
    const scheduled = entry.takeScheduled(scheduledEventId);
    if (scheduled) {
      session.postActivityTask(activityTaskOf(state, activity, scheduled), task);
      this.touch(session);
    } else {
      void this.#readAndPost(entry, state, activity, placement);
    }
  }

  /** The input is no longer in memory: it is in the history. */
  async #readAndPost(
    entry: ExecutionEntry,
    state: ExecutionState,
    activity: ActivityState,
    { session, task }: Placement,
  ): Promise<void> {
    const run = { namespaceId: entry.key.namespaceId, shard: entry.shard, runId: state.runId };
    try {
      const scheduled = await readEvent(this.#store, run, activity.scheduledEventId);
      if (scheduled?.eventType !== 'ActivityTaskScheduled') {
        throw new Error(`event ${activity.scheduledEventId} is missing`);
      }
      session.postActivityTask(activityTaskOf(state, activity, scheduled), task);
      session.flush();
    } catch (error) {
      this.#callOff(session, task);
      this.#log.error('could not read an activity from the history; it will be handed on', {
        runId: state.runId,
        error: String(error),
      });
    }
  }

  /** The task counts as started and goes to nobody: the next look at the run hands it on. */
  #callOff(session: WorkerSession, task: RunningTask): void {
    session.forget(task);
    this.#matcher.offer(session);
  }

  #cancel({ entry, runId }: Draft, cancellation: ActivityCancellation): void {
    const { namespaceId, workflowId } = entry.key;
    const { scheduledEventId, attempt } = cancellation;
    const session = this.#sessions.get(namespaceId, cancellation.session);
    if (!session) return;
    session.postCancellation({ workflowId, runId, scheduledEventId, attempt });
    this.touch(session);
  }

  #enqueue(draft: Draft): void {
    const { entry, decision } = draft;
    const { namespaceId, workflowId } = entry.key;
    const run = { namespaceId, shard: entry.shard, runId: draft.runId };
    const byQueue = new Map<string, { key: QueueKey; tasks: BacklogTask[] }>();
    for (const task of decision.outbox.add) {
      const { kind, taskQueue } = task;
      const name = `${kind}/${taskQueue}`;
      let group = byQueue.get(name);
      if (!group) {
        group = { key: { namespaceId, taskQueue, kind }, tasks: [] };
        byQueue.set(name, group);
      }
      group.tasks.push({ run, workflowId, task });
    }
    for (const { key, tasks } of byQueue.values()) this.#matcher.enqueue(key, tasks);
  }
}

function announceClose({ entry, decision, runId }: Draft): void {
  const last = decision.events.at(-1);
  if (!last) return;
  entry.closed = { runId, status: decision.state.status, closeEvent: encodeEvent(last) };
  for (const listener of entry.closeListeners) listener(entry.closed);
}

function activityTaskOf(
  state: ExecutionState,
  activity: ActivityState,
  scheduled: Scheduled,
): ActivityTask {
  const { attributes } = scheduled;
  const { scheduledEventId, attempt } = activity;
  return {
    token: { workflowId: state.workflowId, runId: state.runId, scheduledEventId, attempt },
    workflowType: state.workflowType,
    activityId: activity.activityId,
    activityType: activity.activityType,
    input: attributes.input,
    header: attributes.header,
    scheduledTimeMs: activity.scheduledAt,
    currentAttemptScheduledTimeMs: activity.attemptScheduledAt,
    startedTimeMs: activity.startedAt,
    scheduleToCloseTimeoutMs: activity.scheduleToCloseTimeoutMs,
    startToCloseTimeoutMs: activity.startToCloseTimeoutMs,
    heartbeatTimeoutMs: activity.heartbeatTimeoutMs,
    retryPolicy: activity.retryPolicy,
    heartbeatDetails: activity.heartbeatDetails,
    priority: inheritPriority(attributes.priority, state.priority),
  };
}
