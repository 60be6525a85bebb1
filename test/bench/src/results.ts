/**
 * The shape of `npm run bench -- --json`: one object. Programs compare runs by it, so a field never
 * changes its meaning or unit.
 */

/** What the machine can do at best, measured in the same run as the figures. */
export interface Floors {
  /** Median time to commit one row from Node, in milliseconds. */
  readonly commitMs: number;
  /** Median round trip of one msgpack frame over a WebSocket between two processes, in ms. */
  readonly wsMs: number;
}

/**
 * CPU time of one run by process, in milliseconds. `postgres` is absent where there is no /proc, and
 * then not in `total`; the little that Redis takes is in `total`.
 */
export interface CpuMs {
  readonly server: number;
  readonly worker: number;
  readonly client: number;
  readonly postgres?: number;
  readonly total: number;
}

/** Figures by workload. */
export interface Results {
  /** From before the call of `execute` to its result, of a workflow without steps. */
  readonly W1: { readonly p50Ms: number; readonly p95Ms: number };
  /** Of a workflow with 100 activities in a row: time of the whole by 100. */
  readonly W2: { readonly msPerStep: number };
  /** FooBar (two activities in a row), 2,000 runs, 100 in flight. */
  readonly W3: { readonly perSecond: number; readonly cpuMs: CpuMs };
  /** From start to result of a workflow with 500 activities at once. */
  readonly W4: { readonly ms: number };
  /**
   * From before the call of `signal`: until the workflow's own code has been told, by the clock of
   * its worker on the same machine; and until a client that was waiting has the result.
   */
  readonly W5: { readonly p50Ms: number; readonly resultP50Ms: number };
  /** 2,000 workflows that sleep for a day: bytes for each, and what all of them keep busy. */
  readonly W6: {
    /** JavaScript heap and buffers after a collection. */
    readonly serverBytes: number;
    readonly workerBytes: number;
    /** Tables and their indexes. */
    readonly databaseBytes: number;
    /** Of one core; server, worker and, where there is /proc, Postgres and Redis. */
    readonly idleCpuPercent: number;
  };
  /** The worker of 500 FooBars is killed; from then to the last result. */
  readonly W7: {
    readonly seconds: number;
    readonly unfinished: number;
    /** Steps whose completion was in the history and that were begun again. */
    readonly recordedStepsReRun: number;
  };
  /** Of one FooBar with nothing beside it; of one step of 100 in a row. */
  readonly W8: {
    readonly commitsPerFooBar: number;
    readonly walBytesPerFooBar: number;
    readonly commitsPerStep: number;
    readonly walBytesPerStep: number;
  };
}

export type WorkloadId = keyof Results;

/** All of a run; workloads that were not asked for are absent. */
export interface BenchReport {
  readonly floors: Floors;
  readonly results: Partial<Results>;
}
