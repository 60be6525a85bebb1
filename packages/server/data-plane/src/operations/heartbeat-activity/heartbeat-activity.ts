import type {
  HeartbeatActivityInput,
  HeartbeatActivityOutput,
  NamespaceCaller,
} from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { askActivity } from '../ask-activity.ts';
import type { OperationParts } from '../parts.ts';

/** Records that the attempt is alive, and tells whether it is still wanted. */
export async function heartbeatActivity(
  parts: OperationParts,
  caller: NamespaceCaller,
  call: HeartbeatActivityInput,
): Promise<HeartbeatActivityOutput> {
  const { details } = call;
  checkBlobs(caller, { details });
  const activity = await askActivity(parts, caller, call, ({ scheduledEventId, attempt }) => ({
    kind: 'heartbeatActivity',
    scheduledEventId,
    attempt,
    details,
  }));
  return { cancelRequested: (activity?.cancelRequestedEventId ?? 0) > 0 };
}
