/** Failures of updates that the server makes itself. */
import type { Failure } from '@perdure/protocol';

/** For a caller whose accepted update the run did not complete before it closed (semantics 44). */
export const unfinishedUpdateFailure: Failure = {
  message: 'Workflow Update failed because the Workflow completed before the Update completed.',
  info: { kind: 'application', type: 'AcceptedUpdateCompletedWorkflow', nonRetryable: true },
};

/** For an update that a worker was given and did not answer. */
export const unprocessedUpdateFailure: Failure = {
  message:
    'Workflow Update is rejected because it was not processed by the worker; upgrade the worker to an SDK that supports updates',
  info: { kind: 'application', type: 'UnprocessedUpdate', nonRetryable: true },
};

/** For a caller whose update was refused, at a server that was not told why (semantics 42). */
export const refusedUpdateFailure: Failure = {
  message:
    'Workflow Update was refused by the workflow; its reasons went to another server and are not kept: bring the update again to hear them',
  info: { kind: 'application', type: 'UpdateRefused', nonRetryable: true },
};
