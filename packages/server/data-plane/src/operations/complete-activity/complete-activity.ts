import type { CompleteActivityInput, NamespaceCaller } from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { askActivity } from '../ask-activity.ts';
import type { OperationParts } from '../parts.ts';

/** Completes an activity from outside its worker (semantics 14). */
export async function completeActivity(
  parts: OperationParts,
  caller: NamespaceCaller,
  call: CompleteActivityInput,
): Promise<void> {
  checkBlobs(caller, { result: call.result });
  const { result, identity = '' } = call;
  await askActivity(parts, caller, call, ({ scheduledEventId, attempt }) => ({
    kind: 'completeActivity',
    scheduledEventId,
    attempt,
    identity,
    result,
  }));
}
