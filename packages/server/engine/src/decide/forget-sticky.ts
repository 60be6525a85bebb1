/** A session no longer has the run cached: its tasks need not prefer it. */
import type { ForgetSticky } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { accepted } from './outcomes.ts';

export function decideForgetSticky(draft: Draft, command: ForgetSticky): Outcome {
  if (draft.state.stickySession === command.session) draft.set({ stickySession: undefined });
  return accepted;
}
