/**
 * Errors with all their causes, a line each: class, message, and in brackets what else tells one
 * failure from another. Loads in workflow code too, so that what a workflow catches is told in the
 * same words as what a client gets.
 */

interface Facts {
  readonly type?: string;
  readonly nonRetryable?: boolean;
  readonly retryState?: string;
  readonly timeoutType?: string;
  readonly activityType?: string;
  readonly activityId?: string;
  readonly workflowType?: string;
}

/**
 * The lines of an error and its causes, outermost first: `ActivityFailure: Activity task failed
 * [act 1, MAXIMUM_ATTEMPTS_REACHED]`.
 */
export function chainOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [`no error but ${String(error)}`];
  const facts = factsOf(error as Facts);
  const line = `${error.name}: ${error.message}${facts.length > 0 ? ` [${facts.join(', ')}]` : ''}`;
  return error.cause === undefined ? [line] : [line, ...chainOf(error.cause)];
}

/** The lines of what a promise rejects with; of what it resolves to, one that says so. */
export function chainFrom(promise: Promise<unknown>): Promise<string[]> {
  return promise.then((value) => [`no error but ${JSON.stringify(value)}`], chainOf);
}

function factsOf(error: Facts): string[] {
  const { type, nonRetryable, retryState, timeoutType, activityType, activityId } = error;
  const what = [activityType ?? error.workflowType, activityId].filter(Boolean).join(' ');
  const facts = [type, nonRetryable === true && 'nonRetryable', timeoutType, what, retryState];
  return facts.filter((fact): fact is string => typeof fact === 'string' && fact !== '');
}
