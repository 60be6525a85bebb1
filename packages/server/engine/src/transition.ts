/**
 * A transition: any number of commands for one run, decided one after another and committed as one
 * (blueprint §5). It never changes the state it was opened with; what it decided becomes real when
 * the caller commits the {@link Decision}, and nothing happens if it does not.
 */
import type { EventOf, HistoryEvent } from '@perdure/protocol';
import type { EngineCommand } from './command.ts';
import { decideCommand } from './decide/index.ts';
import { enforceSizeLimits } from './decide/terminate-workflow.ts';
import type { Decision, Environment, FollowUp, Outcome } from './decision.ts';
import { Draft, type Offer } from './draft.ts';
import {
  ensureUpdateTask,
  ensureWorkflowTask,
  makeRoomInBuffer,
} from './machines/workflow-task.ts';
import { activityFollowUp, cancelFollowUp, outboxChanges, workflowTaskFollowUp } from './outbox.ts';
import { nextWake } from './policy/wake.ts';
import { type ExecutionState, isClosed } from './state/execution-state.ts';
import { transferChanges } from './transfers.ts';

/** See the module comment. */
export interface Transition {
  /** The run as decided so far; undefined until it has begun. Do not keep it past the next apply. */
  readonly state: ExecutionState | undefined;
  /** Decides one command. A rejected command has changed nothing. */
  apply(command: EngineCommand): Outcome;
  /**
   * Work that came up since the last call and still waits. Whoever hands some of it out applies
   * startWorkflowTask or startActivity before closing; what is left goes to the outbox.
   */
  takeFollowUps(): FollowUp[];
  /**
   * Ends the transition. Further commands may follow after all, and another close: the decision is
   * then of all of them, and the one before is void.
   *
   * @throws Error when there is no run, i.e. every command was rejected for want of one
   */
  close(): Decision;
}

/** Opens a transition on a run, or on none (for startWorkflow). */
export function openTransition(state: ExecutionState | undefined, env: Environment): Transition {
  return new OpenTransition(state, env);
}

/** Decides a single command. */
export function decide(
  state: ExecutionState | undefined,
  command: EngineCommand,
  env: Environment,
): { readonly outcome: Outcome; readonly decision: Decision | undefined } {
  const transition = openTransition(state, env);
  const outcome = transition.apply(command);
  return { outcome, decision: transition.state && transition.close() };
}

class OpenTransition implements Transition {
  readonly #before: ExecutionState | undefined;
  readonly #draft: Draft;

  constructor(state: ExecutionState | undefined, env: Environment) {
    this.#before = state;
    this.#draft = new Draft(state, env);
  }

  get state(): ExecutionState | undefined {
    return this.#draft.current;
  }

  apply(command: EngineCommand): Outcome {
    const draft = this.#draft;
    const buffered = draft.current?.buffered.length ?? 0;
    const outcome = decideCommand(draft, command);
    if (draft.current) makeRoomInBuffer(draft, buffered);
    if (draft.needsWorkflowTask) ensureWorkflowTask(draft);
    if (draft.current) ensureUpdateTask(draft);
    if (draft.current) enforceSizeLimits(draft);
    return outcome;
  }

  takeFollowUps(): FollowUp[] {
    const { offers } = this.#draft;
    if (offers.length === 0) return [];
    this.#draft.offers = [];
    const followUps = new Map<string, FollowUp>();
    for (const offer of offers) {
      const followUp = this.#followUpOf(offer);
      if (!followUp) continue;
      followUps.set(`${followUp.kind} ${followUp.scheduledEventId}`, followUp);
    }
    return [...followUps.values()];
  }

  close(): Decision {
    const draft = this.#draft;
    const { state } = draft;
    const wake = draft.changed || draft.wokenUp ? this.#rearm() : undefined;
    const closing = isClosed(state) && !(this.#before && isClosed(this.#before));
    return {
      events: draft.events,
      state,
      changed: draft.changed,
      outbox: outboxChanges(this.#before, state),
      wake,
      closed: closing ? { status: state.status, closeTime: state.closeTime } : undefined,
      transfers: transferChanges(this.#before, state),
      next: draft.next,
      updates: draft.updateNews,
    };
  }

  #rearm(): Decision['wake'] {
    const draft = this.#draft;
    const from = this.#before?.wakeAt ?? 0;
    const to = nextWake(draft.state, draft.now, from);
    if (draft.state.wakeAt !== to) draft.set({ wakeAt: to });
    if (from === to) return undefined;
    return { from, to };
  }

  #followUpOf(offer: Offer): FollowUp | undefined {
    const { state } = this.#draft;
    if (offer.kind === 'workflowTask') return workflowTaskFollowUp(state);
    const { scheduledEventId } = offer;
    if (offer.kind === 'cancelActivity') return cancelFollowUp(state, scheduledEventId);
    return activityFollowUp(state, scheduledEventId, this.#scheduledHere(scheduledEventId));
  }

  #scheduledHere(eventId: number): EventOf<'ActivityTaskScheduled'> | undefined {
    const { events } = this.#draft;
    const first = events[0]?.eventId ?? 0;
    const event: HistoryEvent | undefined = events[eventId - first];
    return event?.eventType === 'ActivityTaskScheduled' ? event : undefined;
  }
}
