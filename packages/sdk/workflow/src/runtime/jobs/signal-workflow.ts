/**
 * Job `signalWorkflow`: somebody told the run something. The synchronous part of the handler runs at
 * once; without a handler the signal waits, in order of arrival, for the rest of the run.
 */
import { runInFrame } from '../async-frame.ts';
import { closeRunByError } from '../close.ts';
import { valuesOf } from '../payloads.ts';
import type { Run, Signal, SignalHandler } from '../run.ts';

/** Hands a signal to its handler, or keeps it. */
export function signalWorkflow(run: Run, signal: Signal): void {
  const handler = handlerOf(run, signal.signalName);
  if (handler) callHandler(run, signal, handler);
  else run.bufferedSignals.push(signal);
}

/**
 * Hands over what waited for handlers that exist now, in order of arrival. A handler may itself set
 * handlers; what those take is handed over before the next signal is looked at.
 */
export function dispatchBufferedSignals(run: Run): void {
  let index = 0;
  while (index < run.bufferedSignals.length) {
    const signal = run.bufferedSignals[index] as Signal;
    const handler = handlerOf(run, signal.signalName);
    if (!handler) {
      index++;
      continue;
    }
    run.bufferedSignals.splice(index, 1);
    callHandler(run, signal, handler);
    index = 0;
  }
}

function handlerOf(run: Run, name: string): SignalHandler | undefined {
  const handler = run.signalHandlers.get(name);
  if (handler) return handler;
  const fallback = run.defaultSignalHandler;
  return fallback && ((...args) => fallback(name, ...args));
}

/** Handlers belong to the root scope, whoever's call set them off. */
function callHandler(run: Run, signal: Signal, handler: SignalHandler): void {
  run.handlersInProgress++;
  const done = (): void => void run.handlersInProgress--;
  void runInFrame(undefined, () => callAsync(signal, handler)).then(done, (error: unknown) => {
    done();
    closeRunByError(run, error);
  });
}

async function callAsync(signal: Signal, handler: SignalHandler): Promise<void> {
  await handler(...valuesOf(signal.args));
}
