/** Records a signal; it ends a start delay (semantics 36, 59). */
import type { SignalWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { recordExternal } from '../machines/buffer.ts';
import { scheduleWorkflowTask } from '../machines/workflow-task.ts';
import { MAX_SIGNALS } from '../policy/limits.ts';
import type { ExecutionState } from '../state/execution-state.ts';
import { accepted, isMeant, notTheChild, rejected } from './outcomes.ts';

export function decideSignalWorkflow(draft: Draft, command: SignalWorkflow): Outcome {
  const { signalName, input, identity, header, externalWorkflowExecution } = command;
  const { state } = draft;
  if (!signalName) return rejected('invalid', 'a signal needs a signalName; got an empty one');
  if (!isMeant(state, command)) return notTheChild(state, command);
  if (isFull(state)) {
    return rejected(
      'limitExceeded',
      `a run takes ${MAX_SIGNALS} signals in its life; start a new run`,
    );
  }
  const begins = draft.events[0]?.eventType === 'WorkflowExecutionStarted';
  const held = command.withStart && begins && state.firstWorkflowTaskAt > 0;
  recordExternal(draft, 'WorkflowExecutionSignaled', {
    signalName,
    input,
    identity,
    header,
    skipGenerateWorkflowTask: held || undefined,
    externalWorkflowExecution,
  });
  if (!held && endsDelay(state, command)) scheduleWorkflowTask(draft);
  return accepted;
}

/** Whether the signal ends a start delay; nothing ends the back-off of a chain. */
function endsDelay(state: ExecutionState, { withStart }: SignalWorkflow): boolean {
  if (state.firstWorkflowTaskAt === 0 || state.awaitsParent) return false;
  return state.startHold === 'signal' || (state.startHold === 'signalWithStart' && !!withStart);
}

/** Counts the buffered ones only when it matters, so that a signal costs the same at any number. */
function isFull(state: ExecutionState): boolean {
  const { signalCount, buffered } = state;
  if (signalCount + buffered.length < MAX_SIGNALS) return false;
  const waiting = buffered.filter((event) => event.eventType === 'WorkflowExecutionSignaled');
  return signalCount + waiting.length >= MAX_SIGNALS;
}
