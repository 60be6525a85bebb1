/** Records a signal; it ends a start delay (semantics 36, 59). */
import type { SignalWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { recordExternal } from '../machines/buffer.ts';
import { scheduleWorkflowTask } from '../machines/workflow-task.ts';
import { MAX_SIGNALS } from '../policy/limits.ts';
import type { ExecutionState } from '../state/execution-state.ts';
import { accepted, rejected } from './outcomes.ts';

export function decideSignalWorkflow(draft: Draft, command: SignalWorkflow): Outcome {
  const { signalName, input, identity, header } = command;
  if (!signalName) return rejected('invalid', 'a signal needs a signalName; got an empty one');
  if (isFull(draft.state)) {
    return rejected('invalid', `a run takes ${MAX_SIGNALS} signals in its life; start a new run`);
  }
  recordExternal(draft, 'WorkflowExecutionSignaled', { signalName, input, identity, header });
  if (draft.state.firstWorkflowTaskAt > 0) scheduleWorkflowTask(draft);
  return accepted;
}

/** Counts the buffered ones only when it matters, so that a signal costs the same at any number. */
function isFull(state: ExecutionState): boolean {
  const { signalCount, buffered } = state;
  if (signalCount + buffered.length < MAX_SIGNALS) return false;
  const waiting = buffered.filter((event) => event.eventType === 'WorkflowExecutionSignaled');
  return signalCount + waiting.length >= MAX_SIGNALS;
}
