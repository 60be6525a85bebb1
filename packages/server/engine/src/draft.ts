/**
 * The one changeable thing in the engine: a run's state inside one open transition, with the events
 * emitted so far. Every durable change goes through {@link Draft.emit}; volatile facts are set by
 * the machines, through the setters here, so that a transition knows whether it changed anything.
 */
import type { EventAttributes, EventType, HistoryEvent } from '@perdure/protocol';
import { applyEvent, stateFromStarted } from './state/apply-event.ts';
import { type DraftState, cloneState } from './state/clone.ts';
import type { ActivityState, BufferedEvent, ExecutionState } from './state/execution-state.ts';

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
  /** The server's clock; it may be behind the run's own time. */
  readonly clock: number;

  #state: DraftState | undefined;

  constructor(state: ExecutionState | undefined, now: number) {
    this.clock = now;
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

  /** Announces work; it counts only if the state still asks for it when it is taken. */
  offer(offer: Offer): void {
    this.offers.push(offer);
  }
}

type VolatileFact =
  | 'workflowTask'
  | 'workflowTaskFailures'
  | 'stickySession'
  | 'buffered'
  | 'wakeAt';
