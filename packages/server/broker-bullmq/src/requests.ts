/** What both adapters check and split in the same way before a request reaches a backend. */
import { ValueError } from '@perdure/common';
import type { AnnouncedTask, QueueKey } from '@perdure/ports';
import { queueNameOf, taskIdOf } from './waiting-job.ts';

/** The task ids of one announcement for one queue, in order. */
export interface QueueGroup {
  readonly queue: QueueKey;
  /** BullMQ's name of the queue. */
  readonly name: string;
  readonly taskIds: string[];
}

/** Groups tasks by queue; the order within a queue is kept. */
export function groupByQueue(tasks: readonly AnnouncedTask[]): QueueGroup[] {
  const groups = new Map<string, QueueGroup>();
  let lastQueue: QueueKey | undefined;
  let lastGroup: QueueGroup | undefined;
  for (const { queue, taskId } of tasks) {
    // Callers mostly hand in runs of one queue object: the name is then spelled once.
    if (queue !== lastQueue || !lastGroup) {
      const name = queueNameOf(queue);
      lastGroup = groups.get(name) ?? { queue, name, taskIds: [] };
      groups.set(name, lastGroup);
      lastQueue = queue;
    }
    lastGroup.taskIds.push(taskId);
  }
  return [...groups.values()];
}

/** Refuses what `take` cannot mean. To BullMQ, 0 would mean "all". */
function checkMax(max: number): void {
  if (Number.isSafeInteger(max) && max >= 0) return;
  throw new ValueError(`take(queue, max) wants a whole number of 0 or more as max, got ${max}`);
}

/** Slices of at most `size`, in order. */
export function* slices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}

/**
 * Takes up to `max` ids, slice by slice, until a slice is not full.
 *
 * @param takeSome takes up to `want` ids out of the backend
 * @throws whatever the first slice throws; after that, what is taken already is returned
 */
export async function takeInSlices(
  max: number,
  size: number,
  takeSome: (want: number) => Promise<readonly string[]>,
): Promise<string[]> {
  checkMax(max);
  const taken: string[] = [];
  while (taken.length < max) {
    const want = Math.min(max - taken.length, size);
    try {
      const ids = await takeSome(want);
      for (const id of ids) taken.push(taskIdOf(id));
      if (ids.length < want) break;
    } catch (error) {
      // What is taken already must reach the caller: nobody else will get it.
      if (taken.length > 0) break;
      throw error;
    }
  }
  return taken;
}
