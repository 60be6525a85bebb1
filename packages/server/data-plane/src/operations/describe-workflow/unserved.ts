/** Says of a task why nobody runs it, which is the first thing people ask. */
import type { QueueKey } from '@perdure/ports';
import type { OperationParts } from '../parts.ts';

/** Export, or activity, that stands in for every type its worker does not have. */
const ANY_TYPE = 'default';

/**
 * Why no connected worker can run a task of this type; undefined when one can, or when workers may
 * be connected to other servers.
 */
export function unserved(
  { alone, typesServed }: OperationParts,
  queue: QueueKey,
  type: string,
): string | undefined {
  if (!alone) return undefined;
  const types = typesServed(queue);
  if (types.has(type) || types.has(ANY_TYPE)) return undefined;
  const { taskQueue, kind } = queue;
  if (types.size === 0) {
    return `no worker of task queue '${taskQueue}' that runs ${plural[kind]} is connected; start one`;
  }
  const have = [...types].sort().join(', ');
  return `no connected worker of task queue '${taskQueue}' has the ${kind} type '${type}'; they have: ${have}`;
}

const plural = { workflow: 'workflows', activity: 'activities' } as const;
