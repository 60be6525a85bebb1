/**
 * Runs something until this process is told to stop: by SIGTERM, SIGINT or SIGHUP, or by the end of
 * the parent that holds the other end of our IPC channel.
 *
 * It then has 4.5 s to end; after that, or at a second SIGINT, the process ends without it.
 */

const stopWithinMs = 4_500;
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Resolves when it has been stopped; rejects when it could not start. */
export async function runUntilStopped(
  start: () => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  const stopped = stopRequest();
  const running = await start();
  await stopped;
  await running.close();
  // Whatever else may still be open has no business left.
  process.exit(0);
}

/** Resolves at the first request to stop; sees to it that the process does end. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    let requested = false;
    const stop = (name?: NodeJS.Signals): void => {
      if (requested && name === 'SIGINT') process.exit(130);
      if (requested) return;
      requested = true;
      setTimeout(() => process.exit(1), stopWithinMs).unref();
      resolve();
    };
    for (const name of stopSignals) process.on(name, stop);
    if (process.channel) process.once('disconnect', () => stop());
  });
}
