/**
 * Where workflow code runs, as the rest of the worker sees it: {@link Sandbox} and its runs. Two
 * implementations: `vm.ts`, in the thread that calls, and `threaded-vm.ts`, the same in threads of
 * its own, which cannot block the caller and are ended when workflow code does not come to an end.
 */
import type { Activation, ActivationResult } from '@perdure/workflow/runtime';

/** What all runs of a worker have in common. Plain data, so that it can travel to threads. */
export interface SandboxSettings {
  /** Names of the worker's activities; absent where that is not known. */
  readonly registeredActivities?: readonly string[];
}

/** How one run is otherwise than others. */
export interface SandboxRunOptions {
  /** Whether calls remember where they were made: for stack traces, at the cost of time. */
  readonly tracing?: boolean;
  /** Classes of errors that fail the run and not just its task (semantics 48). */
  readonly failureTypeNames?: readonly string[];
}

/** One run in a sandbox. */
export interface SandboxRun {
  readonly runId: string;
  /** Whether what held the run is gone: it can only be made again, by replay. */
  readonly lost: boolean;
  /**
   * Tells the run what happened; its answer. Never throws for an error of user code. After a
   * 'failed' result the run must be disposed of.
   *
   * @throws RunLostError (as a rejection) when the run's thread ended for the fault of another run
   * @throws DeadlockError (as a rejection) when the run's code did not come to an end in time
   */
  activate(activation: Activation): ActivationResult | Promise<ActivationResult>;
  /**
   * Stacks, in terms of the user's files, of what the run waits for; none unless it is `tracing`.
   *
   * @throws RunLostError like {@link activate}
   */
  pendingStacks(): readonly string[] | Promise<readonly string[]>;
  /** Lets go of the run; it cannot be activated again. */
  dispose(): void;
}

/** Workflow code, loaded and ready for any number of runs. */
export interface Sandbox {
  /** Names of the functions that the bundle exports. */
  readonly workflowTypes: readonly string[];
  createRun(runId: string, options?: SandboxRunOptions): SandboxRun;
  /** Ends it, with all its runs. */
  close(): Promise<void>;
}

/** The run was let go of while it was needed, for no fault of its own: replay its history. */
export class RunLostError extends Error {
  override readonly name = 'RunLostError';
  constructor(runId: string, why: string) {
    super(`run ${runId} is no longer in memory and must be replayed: ${why}`);
  }
}

/** Workflow code did not come to an end in time (semantics 50), and was ended. */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';
  constructor(timeoutMs: number) {
    super(
      "[TMPRL1101] Potential deadlock detected: workflow didn't yield within " +
        `${timeoutMs / 1000} second(s). Workflow code must not block its thread: look for a loop ` +
        'without an end, and move long computations to an activity',
    );
  }
}

/** How often work is begun again whose run is lost under it. */
const MAX_LOSSES = 3;

/**
 * Does work that brings up a run by itself, and again when the run is lost in the middle of it.
 *
 * @throws RunLostError when that happens again and again
 */
export async function againWhenLost<R>(work: () => Promise<R>): Promise<R> {
  for (let losses = 1; ; losses++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RunLostError) || losses === MAX_LOSSES) throw error;
    }
  }
}
