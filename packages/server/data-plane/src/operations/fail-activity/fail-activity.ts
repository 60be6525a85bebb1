import type { FailActivityInput, NamespaceCaller } from '@perdure/contract';
import { checkFailure } from '../../policy/payload-guard.ts';
import { askActivity } from '../ask-activity.ts';
import type { OperationParts } from '../parts.ts';

/** Fails the attempt that runs; its retry policy decides what follows. */
export async function failActivity(
  parts: OperationParts,
  caller: NamespaceCaller,
  call: FailActivityInput,
): Promise<void> {
  checkFailure(caller, call.failure);
  const { failure, identity = '' } = call;
  await askActivity(parts, caller, call, ({ scheduledEventId, attempt }) => ({
    kind: 'failActivity',
    scheduledEventId,
    attempt,
    identity,
    failure,
  }));
}
