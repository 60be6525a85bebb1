/** How a call that its scope can cancel settles. */

/** The two ends of a promise. */
export interface Settlers<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * Settles a call after it has left its scope, which then keeps nothing of it.
 *
 * @param leaveScope what `CancellationScope.onCancel` has returned
 */
export function leavingScope<T>(
  leaveScope: () => void,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Settlers<T> {
  return {
    resolve(value) {
      leaveScope();
      resolve(value);
    },
    reject(error) {
      leaveScope();
      reject(error);
    },
  };
}
