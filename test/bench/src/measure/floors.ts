/**
 * What one commit and one message cost on this machine, now. The machine may be noisy, so both are
 * measured again and again between the workloads, and each figure is judged by the median of all.
 */
import type { Floors } from '../results.ts';
import type { Stand } from '../stand.ts';
import { sequentially, timed, within } from './pace.ts';
import { median } from './statistics.ts';

const samples = 300;
const warmUp = 50;
const secondsEach = 3;

export interface FloorMeter {
  measure(): Promise<void>;
  /** @throws RangeError before the first {@link measure} */
  floors(): Floors;
  /** Every measurement, in order. */
  all(): readonly Floors[];
}

export function createFloorMeter({ database, echo }: Stand): FloorMeter {
  const measured: Floors[] = [];
  return {
    async measure() {
      const commitMs = await medianOf(() => database.commitRow());
      const wsMs = await medianOf(() => echo.roundTrip());
      measured.push({ commitMs, wsMs });
    },
    floors: () => ({
      commitMs: median(measured.map(({ commitMs }) => commitMs)),
      wsMs: median(measured.map(({ wsMs }) => wsMs)),
    }),
    all: () => measured,
  };
}

async function medianOf(work: () => Promise<void>): Promise<number> {
  const times = await sequentially(warmUp + samples, within(secondsEach), () => timed(work));
  return median(times.length > 2 * warmUp ? times.slice(warmUp) : times);
}
