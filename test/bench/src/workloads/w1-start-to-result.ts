/**
 * W1: from before the call of `execute` to its result, one run after another, of a workflow without
 * steps. At best two commits (start; completion) and two round trips (client, worker).
 */
import { describeCpu, withCpu } from '../measure/cpu-meter.ts';
import { sequentially, timed, within } from '../measure/pace.ts';
import { median, quantile } from '../measure/statistics.ts';
import { timesFloor } from '../report/row.ts';
import { expectResult } from '../runs.ts';
import type { Workload } from '../workload.ts';

const warmUp = 300;
const samples = 1_000;

export const startToResult: Workload<'W1'> = {
  title: 'start → result, no steps',
  timed: true,

  async run({ stand, runs, seconds, progress }) {
    const once = async (): Promise<void> => expectResult(await runs.execute('nothing', 'x'), 'x');
    await sequentially(warmUp, within(seconds / 4), once);
    const { result: times, cpu } = await withCpu(
      stand,
      ({ length }) => length,
      () =>
        sequentially(samples, within(seconds), (index) => {
          progress.count(index, samples);
          return timed(once);
        }),
    );
    return {
      result: { p50Ms: median(times), p95Ms: quantile(times, 0.95) },
      notes: [
        `${times.length} in sequence, p10 ${quantile(times, 0.1).toFixed(2)} ms, ` +
          `p95 ${quantile(times, 0.95).toFixed(2)} ms; ${describeCpu(cpu)}`,
      ],
    };
  },

  judge({ p50Ms }, { commitMs, wsMs }) {
    const floor = { formula: '(2 commits + 2 echoes)', ms: 2 * commitMs + 2 * wsMs };
    return [timesFloor('p50', p50Ms, floor, 3)];
  },
};
