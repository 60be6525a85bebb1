/**
 * The one changeable thing in the engine: a run's state inside one open transition, with the events
 * emitted so far. Every durable change goes through {@link Draft.emit}; volatile facts are set by
 * the machines, through the setters here, so that a transition knows whether it changed anything.
 */
import type { EventAttributes, EventType, HistoryEvent } from '@perdure/protocol';
import type { Environment, NextRun, UpdateNews } from './decision.ts';
import type { Successor } from './policy/succession.ts';
import { isCloseEvent, successorOf } from './state/apply-closed.ts';
import { applyEvent } from './state/apply-event.ts';
import { type DraftState, cloneState } from './state/clone.ts';
import type {
  ActivityState,
  BufferedEvent,
  ChildState,
  ExecutionState,
  ExternalState,
  UpdateState,
} from './state/execution-state.ts';
import { stateFromStarted } from './state/from-started.ts';

/** Names work that the transition produced; looked up in the state again when it is taken. */
export type Offer =
  | { readonly kind: 'workflowTask' }
  | { readonly kind: 'activity' | 'cancelActivity'; readonly scheduledEventId: number };

/** See the module comment. */
export class Draft {
  /** Events emitted by this transition. */
  readonly events: HistoryEvent[] = [];
  /** Whether anything differs from the state the transition began with. */
  changed = false;
  /** Set when the workflow must see something new; cleared by whoever schedules the task. */
  needsWorkflowTask = false;
  /** Whether the run was woken in this transition. */
  wokenUp = false;
  offers: Offer[] = [];
  /** What became of updates in this transition, in order. */
  readonly updateNews: UpdateNews[] = [];
  /** The run that follows this one; set by whoever closes it. */
  next: NextRun | undefined;
  /** The server's clock; it may be behind the run's own time. */
  readonly clock: number;
  /** Bytes of the run's state as it was last stored; 0 when not known. */
  readonly stateBytes: number;

  readonly #newRunId: (() => string) | undefined;
  #state: DraftState | undefined;

  constructor(state: ExecutionState | undefined, { now, newRunId, stateBytes }: Environment) {
    this.clock = now;
    this.stateBytes = stateBytes ?? 0;
    this.#newRunId = newRunId;
    this.#state = state && cloneState(state);
  }

  /** The run, or undefined before it has begun. */
  get current(): DraftState | undefined {
    return this.#state;
  }

  /** The run; commands other than startWorkflow are only decided when there is one. */
  get state(): DraftState {
    if (!this.#state) throw new Error('wanted a run that has begun; start it first');
    return this.#state;
  }

  /** The present, which along one run never goes back. */
  get now(): number {
    return Math.max(this.clock, this.#state?.lastEventTime ?? 0);
  }

  /** @throws Error when the transition was opened without a source of run ids */
  newRunId(): string {
    if (this.#newRunId) return this.#newRunId();
    throw new Error('a run follows this one: open the transition with newRunId');
  }

  /** The run that follows, once the event that names it has closed this one. */
  followWith(successor: Successor | undefined): void {
    const closeEvent = this.events.at(-1);
    if (!successor || !closeEvent || !isCloseEvent(closeEvent)) return;
    const runId = successorOf(closeEvent);
    if (runId === undefined) return;
    const { createRequestId: requestId, awaitsParent } = this.state;
    this.next = { ...successor, runId, closeEvent, requestId, awaitsParent };
  }

  /** Begins the run. */
  begin(attributes: EventAttributes<'WorkflowExecutionStarted'>, createRequestId: string): void {
    const event = {
      eventId: 1,
      eventTime: this.clock,
      eventType: 'WorkflowExecutionStarted' as const,
      attributes,
    };
    this.#state = stateFromStarted(event);
    this.#state.createRequestId = createRequestId;
    this.events.push(event);
    this.changed = true;
  }

  /**
   * Appends an event and folds it into the state.
   *
   * @param at its time, raised to that of the last event; default now
   * @returns its id
   */
  emit<T extends EventType>(eventType: T, attributes: EventAttributes<T>, at = this.now): number {
    const state = this.state;
    const eventId = state.nextEventId;
    const eventTime = Math.max(at, state.lastEventTime);
    const event = { eventId, eventTime, eventType, attributes } as unknown as HistoryEvent;
    if (isCloseEvent(event)) this.#abortUpdates();
    applyEvent(state, event);
    this.events.push(event);
    this.changed = true;
    return eventId;
  }

  /** Keeps an event until the started workflow task ends. */
  buffer<T extends EventType>(eventType: T, attributes: EventAttributes<T>): void {
    const event = { eventType, eventTime: this.now, attributes } as unknown as BufferedEvent;
    this.state.buffered.push(event);
    this.changed = true;
  }

  /** Changes volatile facts of the run. */
  set(facts: Partial<Pick<DraftState, VolatileFact>>): void {
    Object.assign(this.state, facts);
    this.changed = true;
  }

  /** Changes volatile facts of an activity. */
  setActivity(activity: ActivityState, facts: Partial<ActivityState>): void {
    this.state.activities.set(activity.scheduledEventId, { ...activity, ...facts });
    this.changed = true;
  }

  /** Changes volatile facts of a child. */
  setChild(child: ChildState, facts: Partial<ChildState>): void {
    this.state.children.set(child.initiatedEventId, { ...child, ...facts });
    this.changed = true;
  }

  /** Changes volatile facts of a message to another workflow. */
  setExternal(external: ExternalState, facts: Partial<ExternalState>): void {
    this.state.externals.set(external.initiatedEventId, { ...external, ...facts });
    this.changed = true;
  }

  /** Admits an update, or changes volatile facts of one. */
  setUpdate(update: UpdateState, facts: Partial<UpdateState> = {}): void {
    this.state.updates.set(update.updateId, { ...update, ...facts });
    this.changed = true;
  }

  /** Drops an update that was not accepted: nothing of it is kept. */
  dropUpdate(update: UpdateState): void {
    this.state.updates.delete(update.updateId);
    this.changed = true;
  }

  /** A closed run no longer owes this. */
  settle(owed: 'parent' | 'children' | { readonly external: number }): void {
    if (owed === 'parent') this.state.owesParent = false;
    else if (owed === 'children') this.state.children.clear();
    else this.state.externals.delete(owed.external);
    this.changed = true;
  }

  /** Announces work; it counts only if the state still asks for it when it is taken. */
  offer(offer: Offer): void {
    this.offers.push(offer);
  }

  #abortUpdates(): void {
    for (const { updateId, acceptedEventId } of this.state.updates.values()) {
      this.updateNews.push({ kind: 'aborted', updateId, accepted: acceptedEventId > 0 });
    }
  }
}

type VolatileFact =
  | 'workflowTask'
  | 'workflowTaskFailures'
  | 'stickySession'
  | 'buffered'
  | 'taskHeartbeatSince'
  | 'awaitsParent'
  | 'wakeAt';
