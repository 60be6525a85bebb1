/**
 * Errors of drivers as they may be shown. A driver hangs the failed command on its error, and the
 * command that failed may be AUTH with the password.
 */
export function shownError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const shown = new Error(error.message);
  shown.name = error.name;
  if ('code' in error && typeof error.code === 'string') {
    Object.assign(shown, { code: error.code });
  }
  return shown;
}
