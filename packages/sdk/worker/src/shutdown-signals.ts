/** Signals that shut every worker of the process down, gracefully. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR2'] as const;

/** Calls back on the first of these signals; returns how to stop listening. */
export function onShutdownSignal(shutdown: () => void): () => void {
  for (const signal of SIGNALS) process.on(signal, shutdown);
  return () => {
    for (const signal of SIGNALS) process.off(signal, shutdown);
  };
}
