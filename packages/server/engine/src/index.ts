/**
 * The engine: pure decisions about one run. No I/O, no clock, no randomness; time and ids come in
 * as arguments, so that every decision can be repeated in a test.
 *
 * Open a transition on a run's state, apply commands, hand out what follows, close it, commit the
 * decision.
 */
export type * from './command.ts';
export type * from './decision.ts';
export {
  type ActivityPhase,
  activityById,
  phaseOf as activityPhaseOf,
} from './machines/activity.ts';
export { faultOfStart } from './decide/start-workflow.ts';
export { transientEvents } from './machines/workflow-task.ts';
export { followUpsOf, outboxOf } from './outbox.ts';
export { nextDeadline } from './policy/wake.ts';
export { decodeState, encodeState } from './state/encode.ts';
export * from './state/execution-state.ts';
export { durableFacts, fold } from './state/fold.ts';
export { type CloseEvent, isCloseEvent, successorOf } from './state/apply-closed.ts';
export * from './transfers.ts';
export { type Transition, decide, openTransition } from './transition.ts';
export { nextRunCommand } from './policy/next-run.ts';
export { updatesOfTask } from './machines/update.ts';
export { refusedUpdateFailure, unfinishedUpdateFailure } from './policy/update-failures.ts';
export { withHistoryBytes } from './policy/limits.ts';
