/**
 * Job `signalWorkflow`: somebody told the run something. The synchronous part of the handler runs at
 * once; without a handler the signal waits, in order of arrival, for the rest of the run.
 */
import { HandlerUnfinishedPolicy } from '@perdure/common';
import type { SignalInput } from '../../interceptors.ts';
import { runInFrame } from '../async-frame.ts';
import { closeRunByError } from '../close.ts';
import { intercepted } from '../interception.ts';
import { valuesOf } from '../payloads.ts';
import type { HandlerEntry, Run, Signal } from '../run.ts';

/** Hands a signal to its handler, or keeps it. */
export function signalWorkflow(run: Run, signal: Signal): void {
  const entry = run.signals.find(signal.signalName);
  if (entry) callHandler(run, signal, entry);
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
    const entry = run.signals.find(signal.signalName);
    if (!entry) {
      index++;
      continue;
    }
    run.bufferedSignals.splice(index, 1);
    callHandler(run, signal, entry);
    index = 0;
  }
}

/** Handlers belong to the root scope, whoever's call set them off. */
function callHandler(run: Run, signal: Signal, entry: HandlerEntry): void {
  const execution = {
    of: 'signal' as const,
    name: signal.signalName,
    unfinishedPolicy: entry.unfinishedPolicy ?? HandlerUnfinishedPolicy.WARN_AND_ABANDON,
  };
  run.handlersInProgress.add(execution);
  const done = (): void => void run.handlersInProgress.delete(execution);
  void runInFrame(undefined, () => callAsync(run, signal, entry)).then(done, (error: unknown) => {
    done();
    closeRunByError(run, error);
  });
}

async function callAsync(run: Run, signal: Signal, { handler }: HandlerEntry): Promise<void> {
  const { signalName, headers = {} } = signal;
  const execute = intercepted(
    run.interceptors?.inbound,
    'handleSignal',
    async ({ args }: SignalInput) => void (await handler(...args)),
  );
  await execute({ signalName, args: valuesOf(run, signal.args), headers });
}
