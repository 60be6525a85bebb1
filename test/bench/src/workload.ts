/** What a workload is given and what it gives back. */
import type { Progress } from './progress.ts';
import type { Row } from './report/row.ts';
import type { Floors, Results, WorkloadId } from './results.ts';
import type { Runs } from './runs.ts';
import type { Stand } from './stand.ts';

export interface Bench {
  readonly stand: Stand;
  readonly runs: Runs;
  /** Longest time for taking samples. */
  readonly seconds: number;
  readonly progress: Progress;
}

interface Measured<Result> {
  readonly result: Result;
  /** What a reader should know beside the result, in whole sentences or terse facts. */
  readonly notes: readonly string[];
}

/** One file each. */
export interface Workload<Id extends WorkloadId> {
  readonly title: string;
  /** Whether it measures time: then the platform's code has to be hot. */
  readonly timed: boolean;
  /** Warms up, then measures. */
  readonly run: (bench: Bench) => Promise<Measured<Results[Id]>>;
  /** Compares a result with what issue and blueprint ask for. */
  readonly judge: (result: Results[Id], floors: Floors) => Row[];
}
