/** How much of updates a run keeps. */
import type { UpdateRequest } from '@perdure/protocol';
import { expect, test } from 'vitest';
import { type ExecutionState, decide } from '../src/index.ts';
import { MAX_UPDATES_IN_FLIGHT, MAX_WAITING_UPDATE_BYTES } from '../src/policy/limits.ts';
import { Run, START_TIME } from './run-driver.ts';

/** Brings updates of a size one after another until one is refused. */
function bring(bytes: number): { taken: number; message: string | undefined } {
  let state: ExecutionState = Run.start().task().state;
  for (let taken = 0; ; taken++) {
    const input = new Uint8Array(bytes);
    const request: UpdateRequest = { updateId: `u${taken}`, updateName: 'n', input };
    const env = { now: START_TIME + 1_000, newRunId: () => 'another' };
    const { outcome, decision } = decide(state, { kind: 'updateWorkflow', request }, env);
    if (outcome.kind === 'rejected') {
      expect(outcome.reason).toBe('limitExceeded');
      return { taken, message: outcome.message };
    }
    state = decision!.state;
  }
}

test('small updates wait for acceptance as many as may be in flight', () => {
  expect(bring(10)).toMatchObject({
    taken: MAX_UPDATES_IN_FLIGHT,
    message: expect.stringContaining('in flight') as string,
  });
});

test('large ones wait fewer at a time, and one of them always may', () => {
  const waiting = expect.stringContaining('bytes') as string;
  expect(bring(MAX_WAITING_UPDATE_BYTES)).toMatchObject({ taken: 2, message: waiting });
  expect(bring(MAX_WAITING_UPDATE_BYTES + 1)).toMatchObject({ taken: 1, message: waiting });
});
