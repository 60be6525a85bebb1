/**
 * W4: one workflow that starts 500 trivial activities at once, on a worker with the default slots
 * (100): from before `execute` to its result.
 */
import { sequentially, timed, within } from '../measure/pace.ts';
import { median } from '../measure/statistics.ts';
import { atMost } from '../report/row.ts';
import { expectResult } from '../runs.ts';
import type { Workload } from '../workload.ts';

const steps = 500;
const warmUp = 5;
const samples = 15;

export const stepsAtOnce: Workload<'W4'> = {
  title: `${steps} steps at once`,
  timed: true,

  async run({ runs, seconds, progress }) {
    const once = async (): Promise<void> =>
      expectResult(await runs.execute('stepsAtOnce', steps), steps);
    await sequentially(warmUp, within(seconds / 4), once);
    const times = await sequentially(samples, within(seconds), (index) => {
      progress.count(index, samples);
      return timed(once);
    });
    const best = Math.min(...times).toFixed(0);
    const worst = Math.max(...times).toFixed(0);
    return {
      result: { ms: median(times) },
      notes: [`median of ${times.length} runs, best ${best} ms, worst ${worst} ms`],
    };
  },

  judge({ ms }) {
    return [atMost('start → result', ms, 'ms', 150)];
  },
};
