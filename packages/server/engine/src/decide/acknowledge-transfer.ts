/** What the close of the run asked for has been done (semantics 33). */
import type { AcknowledgeTransfer } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { isClosed } from '../state/execution-state.ts';
import { accepted, rejected } from './outcomes.ts';

export function decideAcknowledgeTransfer(draft: Draft, command: AcknowledgeTransfer): Outcome {
  const { state } = draft;
  const { transfer } = command;
  const owed = transfer === 'notifyParent' ? state.owesParent : state.children.size > 0;
  if (!isClosed(state) || !owed) {
    return rejected('stale', `run ${state.runId} does not owe a ${transfer}; drop it`);
  }
  draft.settle(transfer === 'notifyParent' ? 'parent' : 'children');
  return accepted;
}
