/** Runs by id and by workflow. Every look-up names a namespace and finds nothing of another. */
import type {
  ClosedFacts,
  ExecutionTransition,
  RunKey,
  StartedFacts,
  WorkflowKey,
} from '@perdure/ports';

type Task = ExecutionTransition['addTasks'][number];

/** All there is of a run. */
export interface Run {
  readonly key: RunKey;
  readonly shard: number;
  readonly started: StartedFacts;
  readonly history: { readonly firstEventId: number; readonly segment: Uint8Array }[];
  readonly tasks: Map<string, Task>;
  readonly requestIds: Set<string>;
  version: number;
  state: Uint8Array;
  closed: ClosedFacts | undefined;
  /** 0 when it is not to be woken. */
  wakeAt: number;
}

/** The runs of all namespaces. */
export class RunTable {
  readonly #runs = new Map<string, Run>();
  readonly #current = new Map<string, Run>();
  /** Tells whoever watches that a run was written. */
  readonly written: (run: Run) => void;

  constructor(written: (run: Run) => void) {
    this.written = written;
  }

  /** The latest run of a workflow id. */
  current({ namespaceId, workflowId }: WorkflowKey): Run | undefined {
    return this.#current.get(`${namespaceId}:${workflowId}`);
  }

  /** A run by its id. */
  get(namespaceId: number, runId: string): Run | undefined {
    return this.#runs.get(`${namespaceId}:${runId}`);
  }

  /** Adds a run, which becomes current. */
  add(run: Run): void {
    const { namespaceId, workflowId, runId } = run.key;
    this.#runs.set(`${namespaceId}:${runId}`, run);
    this.#current.set(`${namespaceId}:${workflowId}`, run);
  }

  /** Every run, in the order of their starts. */
  all(): IterableIterator<Run> {
    return this.#runs.values();
  }
}
