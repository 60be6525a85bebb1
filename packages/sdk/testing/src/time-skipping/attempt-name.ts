/** Name of an attempt, unique over all runs: who sleeps is found among what runs. */
export function attemptName(runId: string, activityId: string, attempt: number): string {
  return `${runId}/${activityId}/${attempt}`;
}
