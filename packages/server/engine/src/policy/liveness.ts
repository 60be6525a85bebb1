/**
 * When to look whether the worker that runs something still lives. A task that is lost between
 * server and worker in a crash would otherwise wait for its own timeout, which may be hours away:
 * so the run wakes now and then while anything is started, and the data plane, seeing that the
 * session is gone, applies loseActivity or loseWorkflowTask.
 */

/** Checks after the start, in milliseconds; then one every {@link STEADY_CHECK_MS}. */
const EARLY_CHECKS_MS = [10_000, 20_000, 40_000] as const;
const STEADY_CHECK_MS = 60_000;

/** The first check after `now` of something started at `startedAt`. */
export function nextLivenessCheck(startedAt: number, now: number): number {
  for (const after of EARLY_CHECKS_MS) if (startedAt + after > now) return startedAt + after;
  const steadyFrom = startedAt + EARLY_CHECKS_MS[2];
  return steadyFrom + (Math.floor((now - steadyFrom) / STEADY_CHECK_MS) + 1) * STEADY_CHECK_MS;
}
