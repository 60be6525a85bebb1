/** Activities that are completed from outside their worker (semantics 14). */
import { failure } from '@perdure/protocol';
import { z } from 'zod';
import { blob, id } from './fields.ts';

const count = z.number().int().min(1);

/** One started attempt, as its task token names it. */
const byToken = z.object({
  workflowId: id,
  runId: id,
  scheduledEventId: count,
  attempt: count,
});

/** Whichever attempt runs, of the current run unless one is named. */
const byId = z.object({ workflowId: id, runId: id.optional(), activityId: id });

const activityCall = z.object({
  namespace: id,
  activity: z.union([byToken, byId]),
  identity: id.optional(),
});

/** Names an activity from outside. */
export type ActivityTarget = z.output<typeof activityCall>['activity'];

export const completeActivityInput = activityCall.extend({
  result: blob.optional(),
  requestId: id,
});
export type CompleteActivityInput = z.output<typeof completeActivityInput>;

export const failActivityInput = activityCall.extend({ failure: failure.schema, requestId: id });
export type FailActivityInput = z.output<typeof failActivityInput>;

export const reportActivityCancellationInput = activityCall.extend({
  details: blob.optional(),
  requestId: id,
});
export type ReportActivityCancellationInput = z.output<typeof reportActivityCancellationInput>;

export const heartbeatActivityInput = activityCall.extend({ details: blob.optional() });
export type HeartbeatActivityInput = z.output<typeof heartbeatActivityInput>;

export interface HeartbeatActivityOutput {
  /** The workflow wants the activity to stop. */
  readonly cancelRequested: boolean;
}
