/** What activity code imports: its context, its shortcuts, and the failures it may throw. */
export {
  type ActivityFunction,
  ApplicationFailure,
  CancelledFailure,
  CompleteAsyncError,
  type UntypedActivities,
} from '@perdure/common';
export {
  ActivityCancelReason,
  ActivityCancellation,
  type ActivityCancellationDetails,
  cancellationDetailsOf,
} from './cancellation.ts';
export { Context, type ContextParts, asyncLocalStorage } from './context.ts';
export {
  activityInfo,
  cancellationDetails,
  cancellationSignal,
  cancelled,
  getClient,
  heartbeat,
  log,
  metricMeter,
  sleep,
} from './current.ts';
export type { Info } from './info.ts';
