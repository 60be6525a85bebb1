/**
 * W2: 100 activities in a row: the time from before `execute` to its result, divided by 100. At best
 * a step is one commit and one round trip.
 */
import { describeCpu, withCpu } from '../measure/cpu-meter.ts';
import { sequentially, timed, within } from '../measure/pace.ts';
import { median } from '../measure/statistics.ts';
import { timesFloor } from '../report/row.ts';
import { expectResult } from '../runs.ts';
import type { Workload } from '../workload.ts';

const steps = 100;
const warmUp = 5;
const samples = 25;

export const stepsInARow: Workload<'W2'> = {
  title: `${steps} steps in a row`,
  timed: true,

  async run({ stand, runs, seconds, progress }) {
    const once = async (): Promise<void> =>
      expectResult(await runs.execute('stepsInARow', steps), steps);
    await sequentially(warmUp, within(seconds / 4), once);
    const { result: times, cpu } = await withCpu(
      stand,
      ({ length }) => length * steps,
      () =>
        sequentially(samples, within(seconds), async (index) => {
          progress.count(index, samples);
          return (await timed(once)) / steps;
        }),
    );
    const best = Math.min(...times).toFixed(2);
    const worst = Math.max(...times).toFixed(2);
    return {
      result: { msPerStep: median(times) },
      notes: [
        `median of ${times.length} runs, best ${best} ms, worst ${worst} ms a step; ` +
          describeCpu(cpu),
      ],
    };
  },

  judge({ msPerStep }, { commitMs, wsMs }) {
    const floor = { formula: '(commit + echo)', ms: commitMs + wsMs };
    return [timesFloor('per step', msPerStep, floor, 2)];
  },
};
