/**
 * W5: a workflow waits for a signal and then returns; a client waits for its result. The time from
 * before the call of `signal` until the workflow's own code reacts, by the worker's clock (the same
 * machine), one workflow after another.
 *
 * Beside it the time to that result: the signal is made durable, the workflow told, its completion
 * made durable, and the client told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@perdure/client';
import type { Reaction } from '../processes/questions.ts';
import { type Deadline, within } from '../measure/pace.ts';
import { median, quantile } from '../measure/statistics.ts';
import { timesFloor } from '../report/row.ts';
import { expectResult } from '../runs.ts';
import type { Bench, Workload } from '../workload.ts';

/** Few enough to be signalled before an idle run leaves the worker's cache. */
const batch = 50;
const warmUp = 100;
const samples = 400;

interface Sample {
  readonly workflowId: string;
  /** Before the call, in milliseconds since the Unix epoch. */
  readonly signalledAt: number;
  readonly ms: number;
}

export const signalToReaction: Workload<'W5'> = {
  title: 'signal → reaction',
  timed: true,

  async run(bench) {
    const { stand, seconds } = bench;
    await take(bench, warmUp, within(seconds / 4));
    await stand.worker().ask('reactions');
    const taken = await take(bench, samples, within(seconds));
    const times = taken.map(({ ms }) => ms);
    const told = toldAfter(taken, await stand.worker().ask('reactions'));
    return {
      result: { p50Ms: median(told), resultP50Ms: median(times) },
      notes: [
        `${told.length} in sequence, p10 ${quantile(told, 0.1).toFixed(2)} ms, ` +
          `p95 ${quantile(told, 0.95).toFixed(2)} ms; the client had the result after ` +
          `${median(times).toFixed(2)} ms (p50)`,
      ],
    };
  },

  judge({ p50Ms }, { commitMs, wsMs }) {
    const floor = { formula: '(commit + echo)', ms: commitMs + wsMs };
    return [timesFloor('p50', p50Ms, floor, 3)];
  },
};

async function take(bench: Bench, count: number, deadline: Deadline): Promise<Sample[]> {
  const taken: Sample[] = [];
  do {
    taken.push(...(await takeBatch(bench, Math.min(batch, count - taken.length))));
    bench.progress.count(taken.length, count);
  } while (taken.length < count && !deadline.expired());
  return taken;
}

async function takeBatch({ runs }: Bench, size: number): Promise<Sample[]> {
  const handles = await Promise.all(Array.from({ length: size }, () => runs.start('react')));
  const waiting = handles.map((handle) => ({ handle, result: handle.result() }));
  await Promise.all(handles.map(parked));
  const taken: Sample[] = [];
  for (const { handle, result } of waiting) {
    const signalledAt = performance.timeOrigin + performance.now();
    const began = performance.now();
    // Whoever is told of the result need not wait for the signal's own acknowledgement.
    const acknowledged = handle.signal('go');
    expectResult(await result, 'gone');
    taken.push({ workflowId: handle.workflowId, signalledAt, ms: performance.now() - began });
    await acknowledged;
  }
  return taken;
}

/** Until its first workflow task has completed. */
async function parked(handle: WorkflowHandle): Promise<void> {
  while ((await handle.describe()).pendingWorkflowTask !== undefined) await sleep(5);
}

function toldAfter(taken: readonly Sample[], reactions: readonly Reaction[]): number[] {
  const toldAt = new Map(reactions.map(({ workflowId, at }) => [workflowId, at]));
  return taken.map(({ workflowId, signalledAt }) => {
    const at = toldAt.get(workflowId);
    if (at === undefined) throw new Error(`the worker has not noted the signal of ${workflowId}`);
    return at - signalledAt;
  });
}
