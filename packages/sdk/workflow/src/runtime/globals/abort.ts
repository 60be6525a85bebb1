/** `AbortController` and `AbortSignal`; `AbortSignal.timeout` is a durable timer. */
import { CancellationScope } from '../../cancellation-scope.ts';
import { startedRun } from '../current-run.ts';
import { startTimer } from '../timer.ts';
import { defineGlobal } from './realm.ts';

interface AbortEvent {
  readonly type: 'abort';
  readonly target: AbortSignal;
}

type Listener = ((event: AbortEvent) => void) | { handleEvent(event: AbortEvent): void };

/** Told once, and for good, that work should stop. */
class AbortSignal {
  #aborted = false;
  #reason: unknown;
  readonly #listeners = new Set<Listener>();
  onabort: ((event: AbortEvent) => void) | null = null;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal();
    signal.#abort(reason);
    return signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal();
    const run = startedRun('AbortSignal.timeout()');
    startTimer(run, delayMs, CancellationScope.current()).promise.then(
      () =>
        signal.#abort(namedError('TimeoutError', 'The operation was aborted due to timeout', 23)),
      () => {},
    );
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const joined = new AbortSignal();
    for (const signal of signals) {
      if (signal.aborted) return AbortSignal.abort(signal.reason);
      signal.addEventListener('abort', () => joined.#abort(signal.reason));
    }
    return joined;
  }

  /** @internal How a controller reaches its signal. */
  static trigger(signal: AbortSignal, reason: unknown): void {
    signal.#abort(reason);
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(type: string, listener: Listener | null): void {
    if (type === 'abort' && listener) this.#listeners.add(listener);
  }

  removeEventListener(type: string, listener: Listener): void {
    if (type === 'abort') this.#listeners.delete(listener);
  }

  #abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason ?? namedError('AbortError', 'This operation was aborted', 20);
    const event: AbortEvent = { type: 'abort', target: this };
    this.onabort?.(event);
    const listeners = Array.from(this.#listeners);
    this.#listeners.clear();
    for (const listener of listeners) {
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    }
  }
}

/** Tells its signal. */
class AbortController {
  readonly signal: AbortSignal = new AbortSignal();

  abort(reason?: unknown): void {
    AbortSignal.trigger(this.signal, reason);
  }
}

/** Puts both in place. */
export function installAbort(): void {
  defineGlobal('AbortSignal', AbortSignal);
  defineGlobal('AbortController', AbortController);
}

function namedError(name: string, message: string, code: number): Error {
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return Object.assign(error, { code });
}
