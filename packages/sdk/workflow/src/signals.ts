/** Being told things from outside. */
import type { SignalDefinition } from '@perdure/common';
import { startedRun } from './runtime/current-run.ts';
import { dispatchBufferedSignals } from './runtime/jobs/signal-workflow.ts';
import type { DefaultSignalHandler, SignalHandler } from './runtime/run.ts';

/** Names a signal and the types of its arguments; a client and a workflow can share it. */
export function defineSignal<Args extends unknown[] = [], Name extends string = string>(
  name: Name,
): SignalDefinition<Args, Name> {
  return { type: 'signal', name };
}

/**
 * Sets, replaces or (with undefined) removes the handler of a signal. Signals that arrived before
 * are handed over at once, in order of arrival. A handler may be async; an error in it ends the run
 * or fails the task as one in the workflow function would (semantics 38).
 *
 * @throws TypeError when the definition is not a signal's
 */
export function setHandler<Args extends unknown[]>(
  definition: SignalDefinition<Args>,
  handler: ((...args: NoInfer<Args>) => void | Promise<void>) | undefined,
): void {
  const run = startedRun('setHandler()');
  if (definition?.type !== 'signal') {
    throw new TypeError(
      `setHandler() wants a definition made by defineSignal(); got ${typeof definition}`,
    );
  }
  if (handler === undefined) {
    run.signalHandlers.delete(definition.name);
  } else {
    run.signalHandlers.set(definition.name, handler as unknown as SignalHandler);
    dispatchBufferedSignals(run);
  }
}

/**
 * Sets or removes the handler of all signals that have no handler of their own. Every signal that
 * waits is handed over at once, in order of arrival.
 */
export function setDefaultSignalHandler(handler: DefaultSignalHandler | undefined): void {
  const run = startedRun('setDefaultSignalHandler()');
  run.defaultSignalHandler = handler;
  if (handler) dispatchBufferedSignals(run);
}

/** Whether no signal handler is still running; made for `await condition(allHandlersFinished)`. */
export function allHandlersFinished(): boolean {
  return startedRun('allHandlersFinished()').handlersInProgress === 0;
}
