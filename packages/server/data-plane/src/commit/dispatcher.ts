/**
 * What leaves after a commit: tasks to the workers that have them, cancellations, waiting tasks to
 * the matcher, word of a close to whoever waits for a result. One frame per worker and flush.
 */
import type { Logger } from '@perdure/common';
import type { ActivityState, ExecutionState } from '@perdure/engine';
import type { ExecutionStore, QueueKey } from '@perdure/ports';
import { type ActivityTask, type EventOf, decodeEvents, encodeEvent } from '@perdure/protocol';
import type { Matcher } from '../matching/matcher.ts';
import type { Sessions } from '../matching/sessions.ts';
import type { BacklogTask } from '../matching/task-queue.ts';
import type { WorkerSession } from '../matching/worker-session.ts';
import type { Draft, Placement } from './draft.ts';
import type { ExecutionEntry } from './execution-entry.ts';

type ActivityPlacement = Extract<Placement, { kind: 'activity' }>;
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

  /** Sends what follows from a transition that is durable now. */
  dispatch(draft: Draft): void {
    const { decision, entry } = draft;
    for (const placement of draft.placements) {
      if (placement.kind === 'workflow') this.#pushWorkflowTask(draft, placement.session);
      else if (!placement.eager) this.#pushActivity(entry, decision.state, placement);
    }
    for (const { session, scheduledEventId, attempt } of draft.cancellations) {
      const { workflowId } = entry.key;
      const token = { workflowId, runId: draft.runId, scheduledEventId, attempt };
      this.#sessions.get(session)?.channel?.cancelActivities([token]);
    }
    this.#enqueue(draft);
    if (!decision.closed) return;
    this.#stopActivities(decision.state);
    announceClose(draft);
  }

  #pushWorkflowTask(draft: Draft, session: WorkerSession): void {
    const { state } = draft.decision;
    const task = state.workflowTask;
    const segment = draft.taskSegment;
    if (!task || task.session !== session.sessionId || !segment) return;
    session.mail.workflowTasks.push({
      workflowId: state.workflowId,
      runId: state.runId,
      workflowType: state.workflowType,
      startedEventId: task.startedEventId,
      attempt: task.attempt,
      firstEventId: segment.firstEventId,
      events: segment.bytes,
      taskTimeoutMs: state.workflowTaskTimeoutMs,
    });
    this.touch(session);
  }

  #pushActivity(entry: ExecutionEntry, state: ExecutionState, placement: ActivityPlacement): void {
    const { scheduledEventId, session } = placement;
    const activity = state.activities.get(scheduledEventId);
    if (!activity) return;
    const scheduled = entry.scheduledActivities.get(scheduledEventId);
    entry.scheduledActivities.delete(scheduledEventId);
    if (scheduled) {
      session.mail.activityTasks.push(activityTaskOf(state, activity, scheduled));
      this.touch(session);
    } else {
      void this.#readAndPush(entry, state, { ...activity }, session);
    }
  }

  /** The input is no longer in memory: it is in the history. */
  async #readAndPush(
    entry: ExecutionEntry,
    state: ExecutionState,
    activity: ActivityState,
    session: WorkerSession,
  ): Promise<void> {
    const run = { namespaceId: entry.key.namespaceId, shard: entry.shard, runId: state.runId };
    try {
      const page = await this.#store.readHistory(run, activity.scheduledEventId, 1);
      const scheduled = decodeEvents(page.segment).find(
        (event): event is Scheduled => event.eventId === activity.scheduledEventId,
      );
      if (!scheduled) throw new Error(`event ${activity.scheduledEventId} is missing`);
      session.mail.activityTasks.push(activityTaskOf(state, activity, scheduled));
      session.flush();
    } catch (error) {
      // The attempt counts as started; the liveness check will find that nobody runs it.
      session.running.delete(`${state.runId}.${activity.scheduledEventId}.${activity.attempt}`);
      this.#matcher.release(session, 'activity');
      this.#log.error('could not read an activity from the history; it will be handed on', {
        runId: state.runId,
        error: String(error),
      });
    }
  }

  /** The run has closed: nobody wants the outcome of what it still runs. */
  #stopActivities(state: ExecutionState): void {
    const { workflowId, runId } = state;
    for (const { session, scheduledEventId, attempt } of state.activities.values()) {
      if (session === undefined) continue;
      const token = { workflowId, runId, scheduledEventId, attempt };
      this.#sessions.get(session)?.channel?.cancelActivities([token]);
    }
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

function announceClose(draft: Draft): void {
  const { entry, decision } = draft;
  const last = decision.events.at(-1);
  entry.closeEvent = last && encodeEvent(last);
  for (const listener of entry.closeListeners) {
    listener({ runId: draft.runId, closeEvent: entry.closeEvent });
  }
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
  };
}
