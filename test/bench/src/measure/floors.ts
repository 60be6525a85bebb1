/**
 * What one commit and one message cost on this machine, now. The machine may be noisy, so both are
 * measured again and again between the workloads, and each figure is judged by the median of all.
 *
 * Twice each: *tight*, one right after the other, which is the least they can cost and what gates
 * are about; and *rested*, after 2 ms in which nothing happens, because that is how a platform at
 * low load meets them: cores have gone to sleep and caches have been left to others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Floors } from '../results.ts';
import type { Stand } from '../stand.ts';
import { sequentially, timed, within } from './pace.ts';
import { median } from './statistics.ts';

const tightSamples = 300;
const restedSamples = 100;
const restMs = 2;
const warmUp = 50;
const secondsEach = 3;

/** Both ways to measure. */
export interface FloorPair {
  readonly tight: Floors;
  readonly rested: Floors;
}

export interface FloorMeter {
  measure(): Promise<void>;
  /** Medians of all measurements. @throws RangeError before the first */
  floors(): FloorPair;
  /** Every measurement, in order. */
  all(): readonly FloorPair[];
}

export function createFloorMeter({ database, echo }: Stand): FloorMeter {
  const commit = (): Promise<void> => database.commitRow();
  const message = (): Promise<void> => echo.roundTrip();
  const measured: FloorPair[] = [];
  return {
    async measure() {
      const tight = { commitMs: await tightly(commit), wsMs: await tightly(message) };
      const rested = { commitMs: await afterRests(commit), wsMs: await afterRests(message) };
      measured.push({ tight, rested });
    },
    floors: () => ({
      tight: middle(measured.map(({ tight }) => tight)),
      rested: middle(measured.map(({ rested }) => rested)),
    }),
    all: () => measured,
  };
}

async function tightly(work: () => Promise<void>): Promise<number> {
  const count = warmUp + tightSamples;
  const times = await sequentially(count, within(secondsEach), () => timed(work));
  return median(times.length > 2 * warmUp ? times.slice(warmUp) : times);
}

async function afterRests(work: () => Promise<void>): Promise<number> {
  const times = await sequentially(restedSamples, within(secondsEach), async () => {
    await sleep(restMs);
    return timed(work);
  });
  return median(times);
}

function middle(floors: readonly Floors[]): Floors {
  return {
    commitMs: median(floors.map(({ commitMs }) => commitMs)),
    wsMs: median(floors.map(({ wsMs }) => wsMs)),
  };
}
