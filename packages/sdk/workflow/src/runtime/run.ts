/**
 * The state of one run inside the sandbox: what it waits for, what it has asked for in the present
 * activation, and where its numbers come from. Everything a run owns hangs here, so a run that is
 * let go of is collectable.
 *
 * A pending timer or activity is in its map from the call until it settles; whoever takes it out of
 * the map settles it, so nothing settles twice. A command is in `commands` from the call until the
 * activation ends; cancelling within the activation that issued it takes it out again, and nothing
 * is ever sent (semantics 17, 25).
 */
import { CancellationScope } from '../cancellation-scope.ts';
import type { ActivationJob, RunFacts, SandboxCommand, SandboxLogEntry } from './activation.ts';
import { RandomStream } from './random.ts';

/** A timer that has not fired. */
export interface PendingTimer {
  resolve(): void;
  leaveScope(): void;
}

/** An activity call that has not settled. */
export interface PendingActivity {
  readonly activityType: string;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A `condition()` that has not come true. */
export interface PendingCondition {
  predicate(): boolean;
  resolve(): void;
}

/** A signal that arrived. */
export type Signal = Extract<ActivationJob, { kind: 'signalWorkflow' }>;

export type SignalHandler = (...args: unknown[]) => unknown;
export type DefaultSignalHandler = (signalName: string, ...args: unknown[]) => unknown;

/** The functions that a user's bundle exports, freshly evaluated for one run. */
export type WorkflowModule = Readonly<Record<string, unknown>>;

/** Evaluates the user's bundle. */
export type InstantiateModule = () => WorkflowModule;

/** See the head of this file. */
export class Run {
  readonly runId: string;
  readonly instantiate: InstantiateModule;
  readonly rootScope = CancellationScope.createRoot();

  facts: RunFacts | undefined;
  /** Workflow time of the present activation, milliseconds since the Unix epoch. */
  timestampMs = 0;
  historyLength = 0;
  historySize = 0;
  isReplaying = false;

  /** Whether the user's modules are loaded; until then no command may be issued. */
  started = false;
  /** Calls the workflow function; set while initializing, called after all other jobs. */
  startMain: (() => void) | undefined;
  cancelRequested = false;

  private timerCount = 0;
  private activityCount = 0;

  // Made when first asked for: most runs use one or two of these, and there may be many runs.
  #random: RandomStream | undefined;
  #timers: Map<string, PendingTimer> | undefined;
  #activities: Map<string, PendingActivity> | undefined;
  #conditions: Set<PendingCondition> | undefined;
  #signalHandlers: Map<string, SignalHandler> | undefined;

  defaultSignalHandler: DefaultSignalHandler | undefined;
  bufferedSignals: Signal[] = [];
  handlersInProgress = 0;

  /** Asked for since the activation began; the command that closes the run stands apart. */
  commands: SandboxCommand[] = [];
  closeCommand: SandboxCommand | undefined;
  logs: SandboxLogEntry[] = [];
  /** Why the task fails; the first reason is kept. */
  taskError: { readonly error: unknown } | undefined;

  constructor(runId: string, instantiate: InstantiateModule) {
    this.runId = runId;
    this.instantiate = instantiate;
  }

  /** The run's random numbers, seeded by its id. */
  get random(): RandomStream {
    return (this.#random ??= new RandomStream(this.runId));
  }

  get timers(): Map<string, PendingTimer> {
    return (this.#timers ??= new Map());
  }

  get activities(): Map<string, PendingActivity> {
    return (this.#activities ??= new Map());
  }

  get conditions(): Set<PendingCondition> {
    return (this.#conditions ??= new Set());
  }

  get hasConditions(): boolean {
    return this.#conditions !== undefined && this.#conditions.size > 0;
  }

  get signalHandlers(): Map<string, SignalHandler> {
    return (this.#signalHandlers ??= new Map());
  }

  /** Next timer id of the run (semantics, rule 7). */
  nextTimerId(): string {
    return String(++this.timerCount);
  }

  /** Next default activity id of the run (semantics, rule 7). */
  nextActivityId(): string {
    return String(++this.activityCount);
  }

  /** Issues a command. */
  push(command: SandboxCommand): void {
    this.commands.push(command);
  }

  /** Issues the command that closes the run; only the first one counts (semantics, rule 4). */
  close(command: SandboxCommand): void {
    this.closeCommand ??= command;
  }

  /** Takes back a command issued in this activation; false when there is none such. */
  withdraw(matches: (command: SandboxCommand) => boolean): boolean {
    const index = this.commands.findIndex(matches);
    if (index < 0) return false;
    this.commands.splice(index, 1);
    return true;
  }

  /** Fails the workflow task, not the run (semantics 47). */
  failTask(error: unknown): void {
    this.taskError ??= { error };
  }
}
