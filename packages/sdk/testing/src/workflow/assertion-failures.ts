/**
 * Interceptors for workflow code that asserts: a failed assertion fails the workflow. Without them
 * it would fail its workflow task, which is tried again and again, and the test would wait.
 *
 * Goes by the name of the error: workflow code brings its own assertion library into the sandbox.
 */
import { ApplicationFailure } from '@perdure/common';
import type { WorkflowInterceptorsFactory } from '@perdure/workflow';

/** See `interceptors.workflowModules` of a worker. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute: (input, next) => failing(() => next(input)),
      handleSignal: (input, next) => failing(() => next(input)),
    },
  ],
});

async function failing<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if ((error as Partial<Error> | undefined)?.name !== 'AssertionError') throw error;
    throw ApplicationFailure.fromError(error, { nonRetryable: true });
  }
}
