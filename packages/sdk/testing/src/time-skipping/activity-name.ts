/** Name of an activity, unique over all runs: who sleeps is found among what runs. */
export function activityName(runId: string, activityId: string): string {
  return `${runId}/${activityId}`;
}
