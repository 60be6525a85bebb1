/**
 * The one error class of the private services, with a closed set of codes.
 *
 * A message says what was wanted, what came and what to do next. It never holds a password or a
 * connection string.
 */

/**
 * Why a private service could not be had.
 *
 * - `UNSUPPORTED_PLATFORM`: this operating system cannot run the private services.
 * - `BINARIES_NOT_FOUND`: no usable Postgres or Redis program was found on this machine.
 * - `VERSION_MISMATCH`: the cluster was made by another major version of Postgres.
 * - `NO_SERVICE_USER`: we are root, Postgres refuses root, and there is no other user to run it as.
 * - `DATA_DIRECTORY_NOT_OURS`: the directory holds other files, or belongs to another user.
 * - `DATA_DIRECTORY_IN_USE`: a living process owns the directory; `ownerPid` names it.
 * - `DATA_DIRECTORY_DAMAGED`: a part of the directory that cannot be made anew is missing.
 * - `PORT_IN_USE`: the port that was asked for is taken.
 * - `START_FAILED`: the program ended, or did not answer, while starting.
 */
export type ServiceErrorCode =
  | 'UNSUPPORTED_PLATFORM'
  | 'BINARIES_NOT_FOUND'
  | 'VERSION_MISMATCH'
  | 'NO_SERVICE_USER'
  | 'DATA_DIRECTORY_NOT_OURS'
  | 'DATA_DIRECTORY_IN_USE'
  | 'DATA_DIRECTORY_DAMAGED'
  | 'PORT_IN_USE'
  | 'START_FAILED';

/** A private service could not be started, found or claimed. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;

  /** The living owner of the directory; set for `DATA_DIRECTORY_IN_USE` only. */
  readonly ownerPid: number | undefined;

  constructor(
    code: ServiceErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly ownerPid?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ServiceError';
    this.code = code;
    this.ownerPid = options.ownerPid;
  }
}

/** Whether `error` is an operating system error with one of these codes (`ENOENT`, `EACCES`, …). */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The text of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
