/** The wall clock, for `workflowInfo().unsafe.now()` alone. */
let readClock = (): number => 0;

/** Installs the host's clock. */
export function setRealClock(clock: () => number): void {
  readClock = clock;
}

/** Milliseconds since the Unix epoch. Not deterministic. */
export function realNow(): number {
  return readClock();
}
