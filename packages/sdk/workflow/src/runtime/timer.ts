/** Durable timers, on which `sleep`, `setTimeout`, `condition` and scope timeouts stand. */
import type { CancellationScope } from '../cancellation-scope.ts';
import { payloadsOf } from './payloads.ts';
import type { Run } from './run.ts';

/** A timer that was asked for. */
export interface StartedTimer {
  readonly timerId: string;
  /** Resolves when it fires; rejects when its scope is cancelled; else stays as it is. */
  readonly promise: Promise<void>;
}

/** Starts a timer of at least 1 ms in a scope; a scope that is cancelled already rejects at once. */
export function startTimer(
  run: Run,
  delayMs: number,
  scope: CancellationScope,
  { timerId = run.nextTimerId(), summary }: { timerId?: string; summary?: string } = {},
): StartedTimer {
  const promise = new Promise<void>((resolve, reject) => {
    if (scope.consideredCancelled) {
      reject(scope.cancellation);
      return;
    }
    run.push({
      kind: 'startTimer',
      timerId,
      startToFireTimeoutMs: timerDelay(delayMs),
      summary: summary === undefined ? undefined : payloadsOf(run, [summary]),
    });
    const leaveScope = scope.onCancel((error) => {
      if (cancelTimer(run, timerId)) reject(error);
    });
    run.timers.set(timerId, { resolve, leaveScope, stack: run.callStack() });
  });
  return { timerId, promise };
}

/** The timer's time has come; one that was cancelled meanwhile is nobody's business any more. */
export function fireTimer(run: Run, timerId: string): void {
  takeTimer(run, timerId)?.resolve();
}

/**
 * Takes a pending timer back without settling its promise. One that this activation started leaves
 * no trace (semantics 17).
 *
 * @returns false when it has settled, or never was
 */
export function cancelTimer(run: Run, timerId: string): boolean {
  if (!takeTimer(run, timerId)) return false;
  const unsent = run.withdraw(
    (command) => command.kind === 'startTimer' && command.timerId === timerId,
  );
  if (!unsent) run.push({ kind: 'cancelTimer', timerId });
  return true;
}

function takeTimer(run: Run, timerId: string) {
  const timer = run.timers.get(timerId);
  if (!timer) return undefined;
  run.timers.delete(timerId);
  timer.leaveScope();
  return timer;
}

/** Whole milliseconds, at least 1. */
function timerDelay(delayMs: number): number {
  return Math.max(1, Math.ceil(delayMs));
}
