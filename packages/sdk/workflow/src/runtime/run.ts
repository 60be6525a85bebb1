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
import {
  type FailureConverter,
  type HandlerUnfinishedPolicy,
  type IndexedFields,
  type PayloadConverter,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@perdure/common';
import { CancellationScope } from '../cancellation-scope.ts';
import type {
  ActivationJob,
  QueryAnswer,
  RunFacts,
  SandboxCommand,
  SandboxLogEntry,
  SandboxSinkCall,
} from './activation.ts';
import type { PendingChild } from './child-call.ts';
import type { PendingReply } from './external-call.ts';
import type { FailureTypes } from './failure-types.ts';
import { InitiatedCalls } from './initiated-calls.ts';
import type { RunInterceptors } from './interception.ts';
import type { PendingLocalActivity } from './local-activity-call.ts';
import { Patches } from './patches.ts';
import { RandomStream } from './random.ts';
import { mayOnlyLook } from './read-only.ts';

/** A timer that has not fired. */
export interface PendingTimer {
  resolve(): void;
  leaveScope(): void;
  readonly stack?: string;
}

/** An activity call that has not settled. */
export interface PendingActivity {
  readonly activityType: string;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly stack?: string;
}

/** A `condition()` that has not come true. */
export interface PendingCondition {
  predicate(): boolean;
  resolve(): void;
  readonly stack?: string;
}

/** A signal that arrived. */
export type Signal = Extract<ActivationJob, { kind: 'signalWorkflow' }>;
/** An update that arrived. */
export type Update = Extract<ActivationJob, { kind: 'doUpdate' }>;

type AnyFunction = (...args: unknown[]) => unknown;

/** A handler of a signal, query or update, with what `setHandler` was told of it. */
export interface HandlerEntry {
  readonly handler: AnyFunction;
  readonly description?: string;
  readonly unfinishedPolicy?: HandlerUnfinishedPolicy;
  readonly validator?: AnyFunction;
}

/** A handler for every name that has none of its own. */
export type DefaultHandler = (name: string, ...args: unknown[]) => unknown;

/** A handler of a signal or update that is still running. */
export interface HandlerExecution {
  readonly of: 'signal' | 'update';
  readonly name: string;
  readonly id?: string;
  readonly unfinishedPolicy: HandlerUnfinishedPolicy;
}

/** Begins the names that are the SDK's. */
const RESERVED_PREFIX = '__temporal_';

/** What a user's bundle exports, freshly evaluated for one run. */
export type WorkflowModule = Readonly<Record<string, unknown>>;

/** Evaluates the user's bundle. */
export type InstantiateModule = () => WorkflowModule;

/** Functions that the user's code has set for names. */
export class Handlers {
  readonly byName = new Map<string, HandlerEntry>();
  /** For names that have none of their own. */
  fallback: DefaultHandler | undefined;

  /** The handler of a name, the one for all others if need be. */
  find(name: string): HandlerEntry | undefined {
    const { fallback } = this;
    const own = this.byName.get(name);
    // Names of the SDK's own must not reach a user's catch-all.
    if (own || !fallback || name.startsWith(RESERVED_PREFIX)) return own;
    return { handler: (...args) => fallback(name, ...args) };
  }
}

/** How the worker wants a run to be. Plain data. */
export interface RunSettings {
  /** Whether calls remember where they were made: for stack traces, at the cost of time. */
  readonly tracing?: boolean;
  /** Names of the worker's activities; absent where that is not known. */
  readonly registeredActivities?: readonly string[];
  /** Classes of errors that the worker wants to fail the run (semantics 48). */
  readonly failureTypeNames?: readonly string[];
}

/** See the head of this file. */
export class Run {
  readonly runId: string;
  readonly instantiate: InstantiateModule;
  readonly tracing: boolean;
  readonly registeredActivities: readonly string[] | undefined;
  readonly failureTypeNames: readonly string[];
  readonly rootScope = CancellationScope.createRoot();

  payloadConverter: PayloadConverter = defaultPayloadConverter;
  failureConverter: FailureConverter = defaultFailureConverter;

  facts: RunFacts | undefined;
  /** Workflow time of the present activation, milliseconds since the Unix epoch. */
  timestampMs = 0;
  historyLength = 0;
  historySize = 0;
  continueAsNewSuggested = false;
  isReplaying = false;
  /** Who may only look, while they do: queries and validators. */
  readOnly: string | undefined;

  /** Whether the user's modules are loaded; until then no command may be issued. */
  started = false;
  /** Whether the run has asked to be closed. */
  closed = false;
  /** Calls the workflow function; set while initializing, called after all other jobs. */
  startMain: (() => void) | undefined;
  cancelRequested = false;
  failureTypes: FailureTypes | undefined;
  versioningBehavior: 'PINNED' | 'AUTO_UPGRADE' | undefined;
  currentDetails = '';
  /** The memo as workflow code has changed it. */
  memo: Record<string, unknown> | undefined;
  /** All search attributes, once workflow code has changed one. */
  changedSearchAttributes: IndexedFields | undefined;

  private timerCount = 0;
  private activityCount = 0;

  // Made when first asked for: most runs use one or two of these, and there may be many runs.
  #random: RandomStream | undefined;
  /** The random numbers as they were before the query that is being answered. */
  randomBeforeQuery: RandomStream | undefined;
  #timers: Map<string, PendingTimer> | undefined;
  #activities: Map<string, PendingActivity> | undefined;
  #localActivities: InitiatedCalls<PendingLocalActivity> | undefined;
  #children: InitiatedCalls<PendingChild> | undefined;
  #externalSignals: InitiatedCalls<PendingReply> | undefined;
  #externalCancels: InitiatedCalls<PendingReply> | undefined;
  #conditions: Set<PendingCondition> | undefined;
  #signals: Handlers | undefined;
  #queries: Handlers | undefined;
  #updates: Handlers | undefined;
  #patches: Patches | undefined;
  #handlersInProgress: Set<HandlerExecution> | undefined;

  interceptors: RunInterceptors | undefined;
  bufferedSignals: Signal[] = [];
  bufferedUpdates: Update[] = [];

  /** Asked for since the activation began; the command that closes the run stands apart. */
  commands: SandboxCommand[] = [];
  closeCommand: SandboxCommand | undefined;
  /** Whether any of them is to get a number. */
  #hasNumbered = false;
  answers: QueryAnswer[] = [];
  logs: SandboxLogEntry[] = [];
  sinkCalls: SandboxSinkCall[] | undefined;
  /** Why the task fails; the first reason is kept. */
  taskError: { readonly error: unknown } | undefined;

  constructor(runId: string, instantiate: InstantiateModule, settings: RunSettings = {}) {
    this.runId = runId;
    this.instantiate = instantiate;
    this.tracing = settings.tracing ?? false;
    this.registeredActivities = settings.registeredActivities;
    this.failureTypeNames = settings.failureTypeNames ?? [];
  }

  /** The run's random numbers. */
  get random(): RandomStream {
    return (this.#random ??= new RandomStream(this.facts?.randomSeed ?? this.runId));
  }

  set random(random: RandomStream) {
    this.#random = random;
  }

  get timers(): Map<string, PendingTimer> {
    return (this.#timers ??= new Map());
  }

  get activities(): Map<string, PendingActivity> {
    return (this.#activities ??= new Map());
  }

  get localActivities(): InitiatedCalls<PendingLocalActivity> {
    return (this.#localActivities ??= new InitiatedCalls());
  }

  get children(): InitiatedCalls<PendingChild> {
    return (this.#children ??= new InitiatedCalls());
  }

  get externalSignals(): InitiatedCalls<PendingReply> {
    return (this.#externalSignals ??= new InitiatedCalls());
  }

  get externalCancels(): InitiatedCalls<PendingReply> {
    return (this.#externalCancels ??= new InitiatedCalls());
  }

  get conditions(): Set<PendingCondition> {
    return (this.#conditions ??= new Set());
  }

  get hasConditions(): boolean {
    return this.#conditions !== undefined && this.#conditions.size > 0;
  }

  get signals(): Handlers {
    return (this.#signals ??= new Handlers());
  }

  get queries(): Handlers {
    return (this.#queries ??= new Handlers());
  }

  get updates(): Handlers {
    return (this.#updates ??= new Handlers());
  }

  get patches(): Patches {
    return (this.#patches ??= new Patches());
  }

  get hasHandlersInProgress(): boolean {
    return this.#handlersInProgress !== undefined && this.#handlersInProgress.size > 0;
  }

  get handlersInProgress(): Set<HandlerExecution> {
    return (this.#handlersInProgress ??= new Set());
  }

  /**
   * Next timer id of the run (semantics, rule 7).
   *
   * @throws IllegalStateError for code that may only look
   */
  nextTimerId(): string {
    if (this.readOnly) throw mayOnlyLook(this.readOnly, 'a timer');
    return String(++this.timerCount);
  }

  /**
   * Next default activity id of the run (semantics, rule 7).
   *
   * @throws IllegalStateError for code that may only look
   */
  nextActivityId(): string {
    if (this.readOnly) throw mayOnlyLook(this.readOnly, 'an activity');
    return String(++this.activityCount);
  }

  /**
   * Issues a command, and gives it back as it stands in the list.
   *
   * @throws IllegalStateError for code that may only look
   */
  push<C extends SandboxCommand>(command: C): C {
    if (this.readOnly) throw mayOnlyLook(this.readOnly, command.kind);
    const issued = this.#traced(command);
    this.commands.push(issued);
    if ('seq' in command) this.#hasNumbered = true;
    return issued;
  }

  /** Issues the command that closes the run; only the first one counts (semantics, rule 4). */
  close(command: SandboxCommand): void {
    if (this.closed) return;
    this.closed = true;
    this.closeCommand = this.#traced(command);
  }

  #traced<C extends SandboxCommand>(command: C): C {
    return this.tracing ? { ...command, callStack: new Error().stack } : command;
  }

  /** The commands of the activation that ends, numbered where they have numbers. */
  takeCommands(): SandboxCommand[] {
    const commands = this.#hasNumbered
      ? this.commands.map((command) => this.#numbered(command))
      : this.commands;
    this.#hasNumbered = false;
    if (this.closeCommand) commands.push(this.closeCommand);
    this.commands = [];
    this.closeCommand = undefined;
    return commands;
  }

  #numbered(command: SandboxCommand): SandboxCommand {
    switch (command.kind) {
      case 'startChildWorkflow':
        return this.children.number(command);
      case 'signalExternalWorkflow':
        return this.externalSignals.number(command);
      case 'requestCancelExternalWorkflow':
        return this.externalCancels.number(command);
      case 'scheduleLocalActivity':
        return this.localActivities.number(command);
      default:
        return command;
    }
  }

  /** What the activation that ends leaves for others to see. */
  takeTold(): { logs: SandboxLogEntry[]; sinkCalls: SandboxSinkCall[] | undefined } {
    const { logs, sinkCalls } = this;
    this.logs = [];
    this.sinkCalls = undefined;
    return { logs, sinkCalls };
  }

  /** Takes back a command issued in this activation; false when there is none such. */
  withdraw(matches: (command: SandboxCommand) => boolean): boolean {
    const index = this.commands.findIndex(matches);
    if (index < 0) return false;
    this.commands.splice(index, 1);
    return true;
  }

  /** Where the calling code is, in runs that trace their calls. */
  callStack(): string | undefined {
    return this.tracing ? new Error().stack : undefined;
  }

  /** Stacks of the calls that have not settled, in no particular order. */
  pendingStacks(): string[] {
    const pending: { readonly stack?: string }[] = [
      ...this.timers.values(),
      ...this.activities.values(),
      ...this.conditions,
      ...this.localActivities.all(),
      ...this.children.all(),
      ...this.externalSignals.all(),
      ...this.externalCancels.all(),
    ];
    return pending.flatMap(({ stack }) => (stack === undefined ? [] : [stack]));
  }

  /** Fails the workflow task, not the run (semantics 47). */
  failTask(error: unknown): void {
    this.taskError ??= { error };
  }
}
