/** Being told and asked things from outside: handlers of signals, queries and updates. */
import type {
  HandlerUnfinishedPolicy,
  QueryDefinition,
  SignalDefinition,
  UpdateDefinition,
} from '@perdure/common';
import { startedRun } from './runtime/current-run.ts';
import { dispatchBufferedSignals } from './runtime/jobs/signal-workflow.ts';
import { currentUpdate, dispatchBufferedUpdates } from './runtime/jobs/do-update.ts';
import type { DefaultHandler, HandlerEntry, Handlers, Run } from './runtime/run.ts';

/** What can be said of a handler of a query. */
export interface QueryHandlerOptions {
  /** For people: what it answers. */
  description?: string;
}

/** What can be said of a handler of a signal. */
export interface SignalHandlerOptions {
  /** For people: what it does. */
  description?: string;
  /** Default WARN_AND_ABANDON. */
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}

/** What can be said of a handler of an update. */
export interface UpdateHandlerOptions<Args extends unknown[]> extends SignalHandlerOptions {
  /** Refuses an update, before anything of it is kept, by throwing. May change nothing. */
  validator?: (...args: Args) => void;
}

/** The function that a definition wants. */
export type HandlerOf<D> =
  D extends QueryDefinition<infer Ret, infer Args>
    ? (...args: Args) => Ret
    : D extends UpdateDefinition<infer Ret, infer Args>
      ? (...args: Args) => Ret | Promise<Ret>
      : D extends SignalDefinition<infer Args>
        ? (...args: Args) => void | Promise<void>
        : never;

/**
 * Sets, replaces or (with undefined) removes the handler of a signal, query or update. Signals and
 * updates that arrived before are handed over at once, in order of arrival.
 *
 * Handlers of signals and updates may be async; those of queries may not, and may change nothing. An
 * error in a signal's handler ends the run or fails the task as one in the workflow function would
 * (semantics 38); a failure in an update's is the update's outcome (43).
 *
 * @throws TypeError when the definition is none, or the handler no function
 */
export function setHandler<D extends QueryDefinition<unknown, unknown[]>>(
  definition: D,
  handler: HandlerOf<D> | undefined,
  options?: QueryHandlerOptions,
): void;
export function setHandler<D extends SignalDefinition<unknown[]>>(
  definition: D,
  handler: HandlerOf<D> | undefined,
  options?: SignalHandlerOptions,
): void;
export function setHandler<D extends UpdateDefinition<unknown, unknown[]>>(
  definition: D,
  handler: HandlerOf<D> | undefined,
  options?: UpdateHandlerOptions<D extends UpdateDefinition<unknown, infer Args> ? Args : never>,
): void;
export function setHandler(
  definition: { readonly type: 'signal' | 'query' | 'update'; readonly name: string },
  handler: unknown,
  options: SignalHandlerOptions & { validator?: unknown } = {},
): void {
  const run = startedRun('setHandler()');
  const handlers = handlersOf(run, definition);
  if (handler === undefined || handler === null) {
    handlers.byName.delete(definition.name);
    return;
  }
  handlers.byName.set(definition.name, entryOf(definition.name, handler, options));
  if (definition.type === 'signal') dispatchBufferedSignals(run);
  if (definition.type === 'update') dispatchBufferedUpdates(run);
}

/**
 * Sets or removes the handler of all signals that have no handler of their own. Every signal that
 * waits is handed over at once, in order of arrival.
 */
export function setDefaultSignalHandler(
  handler: ((signalName: string, ...args: unknown[]) => void | Promise<void>) | undefined,
): void {
  const run = startedRun('setDefaultSignalHandler()');
  setFallback(run.signals, handler);
  if (handler) dispatchBufferedSignals(run);
}

/** Sets or removes the handler of all queries that have no handler of their own. */
export function setDefaultQueryHandler(
  handler: ((queryName: string, ...args: unknown[]) => unknown) | undefined,
): void {
  setFallback(startedRun('setDefaultQueryHandler()').queries, handler);
}

/**
 * Sets or removes the handler of all updates that have no handler of their own. Every update that
 * waits is handed over at once, in order of arrival.
 */
export function setDefaultUpdateHandler(
  handler: ((updateName: string, ...args: unknown[]) => unknown) | undefined,
): void {
  const run = startedRun('setDefaultUpdateHandler()');
  setFallback(run.updates, handler);
  if (handler) dispatchBufferedUpdates(run);
}

/**
 * Whether no handler of a signal or update is still running; made for
 * `await condition(allHandlersFinished)`.
 */
export function allHandlersFinished(): boolean {
  return !startedRun('allHandlersFinished()').hasHandlersInProgress;
}

/** The update whose handler or validator is running; undefined anywhere else. */
export function currentUpdateInfo(): UpdateInfo | undefined {
  return currentUpdate();
}

/** Names an update. */
export interface UpdateInfo {
  /** As the caller gave it. */
  readonly id: string;
  readonly name: string;
}

function handlersOf(
  run: Run,
  definition: { readonly type: 'signal' | 'query' | 'update' } | undefined,
): Handlers {
  switch (definition?.type) {
    case 'signal':
      return run.signals;
    case 'query':
      return run.queries;
    case 'update':
      return run.updates;
    default:
      throw new TypeError(
        'setHandler() wants a definition made by defineSignal(), defineQuery() or ' +
          `defineUpdate(); got ${typeof definition}`,
      );
  }
}

function entryOf(
  name: string,
  handler: unknown,
  options: SignalHandlerOptions & { validator?: unknown },
): HandlerEntry {
  const { description, unfinishedPolicy, validator } = options;
  for (const each of [handler, validator ?? handler]) {
    if (typeof each === 'function') continue;
    throw new TypeError(`the handler of ${name} must be a function; got ${typeof each}`);
  }
  return {
    handler: handler as HandlerEntry['handler'],
    description,
    unfinishedPolicy,
    validator: validator as HandlerEntry['validator'],
  };
}

function setFallback(handlers: Handlers, handler: DefaultHandler | undefined): void {
  handlers.fallback = handler;
}
