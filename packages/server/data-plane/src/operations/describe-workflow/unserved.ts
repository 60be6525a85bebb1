/** Says of a task why nobody runs it, which is the first thing people ask. */
import type { QueueKey } from '@perdure/ports';
import type { OperationParts } from '../parts.ts';

/** Export, or activity, that stands in for every type its worker does not have. */
const ANY_TYPE = 'default';

/** Most types that an explanation lists. */
const MOST_LISTED = 20;

/** Explains a task of a queue; undefined when there is nothing to explain. */
export type Explain = (queue: QueueKey, type: string) => string | undefined;

/**
 * Says why no connected worker can run a task of a type; undefined when one can, or when workers may
 * be connected to other servers. Each queue is looked at once: its workers may serve very many types.
 */
export function unservedBy({
  alone,
  typesServed,
}: Pick<OperationParts, 'alone' | 'typesServed'>): Explain {
  if (!alone) return () => undefined;
  const seen = new Map<string, ReadonlySet<string>>();
  return (queue, type) => {
    const name = `${queue.kind}/${queue.taskQueue}`;
    let types = seen.get(name);
    if (!types) seen.set(name, (types = typesServed(queue)));
    return types.has(type) || types.has(ANY_TYPE) ? undefined : explain(queue, type, types);
  };
}

function explain({ taskQueue, kind }: QueueKey, type: string, types: ReadonlySet<string>): string {
  if (types.size === 0) {
    return `no worker of task queue '${taskQueue}' that runs ${plural[kind]} is connected; start one`;
  }
  const listed = [...types].slice(0, MOST_LISTED).sort().join(', ');
  const more = types.size > MOST_LISTED ? ` and ${types.size - MOST_LISTED} more` : '';
  return `no connected worker of task queue '${taskQueue}' has the ${kind} type '${type}'; they have: ${listed}${more}`;
}

const plural = { workflow: 'workflows', activity: 'activities' } as const;
