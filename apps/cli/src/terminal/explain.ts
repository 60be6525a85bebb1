/** From anything that was thrown to what a person reads. */

/** One or two lines; with PERDURE_DEBUG the stack as well. */
export function explain(error: unknown): string {
  const shown = `error: ${messageOf(error)}`;
  if (!process.env['PERDURE_DEBUG'] || !(error instanceof Error)) return shown;
  return `${shown}\n\n${error.stack ?? ''}${causesOf(error)}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message) return error.message;
  // Errors of several addresses at once have no message of their own.
  return error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : error.name;
}

function causesOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error
    ? `\ncaused by ${cause.stack ?? cause.message}${causesOf(cause)}`
    : '';
}
