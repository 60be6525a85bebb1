/** The shape of what the benchmark prints with `--json`. */
export type { BenchReport, CpuMs, Floors, Results, WorkloadId } from './results.ts';
