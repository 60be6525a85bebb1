import type { NamespaceCaller, ReportActivityCancellationInput } from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { askActivity } from '../ask-activity.ts';
import type { OperationParts } from '../parts.ts';

/** Says that the activity has stopped because it was asked to (semantics 23). */
export async function reportActivityCancellation(
  parts: OperationParts,
  caller: NamespaceCaller,
  call: ReportActivityCancellationInput,
): Promise<void> {
  checkBlobs(caller, { details: call.details });
  const { details, identity = '' } = call;
  await askActivity(parts, caller, call, ({ scheduledEventId, attempt }) => ({
    kind: 'cancelActivity',
    scheduledEventId,
    attempt,
    identity,
    details,
  }));
}
