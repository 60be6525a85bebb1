/** How urgent work is: what callers may say of it, and what it takes over from its workflow. */
import { encode } from './encoding.ts';
import { ValueError } from './errors.ts';

/**
 * How urgent work is, and with whom it shares its turns. Kept with what it was given for and shown
 * to its code; tasks are not yet handed out in the order of it.
 */
export interface Priority {
  /** 1 is most urgent, 5 least. Default: the workflow's, else 3. */
  priorityKey?: number;
  /** Work of one key takes turns with work of others; at most 64 bytes. Default: the workflow's. */
  fairnessKey?: string;
  /** Share of the turns, from 0.001 to 1,000. Default: the workflow's, else 1. */
  fairnessWeight?: number;
}

const MOST_KEY_BYTES = 64;

/**
 * A priority as it is kept, with 0 and the empty text as what is not given; undefined when nothing
 * is.
 *
 * @throws ValueError naming the field that cannot be right
 */
export function compilePriority(priority: Priority | undefined): Priority | undefined {
  if (priority === undefined) return undefined;
  const { priorityKey, fairnessKey, fairnessWeight } = priority;
  const compiled: Priority = {
    ...(priorityKey && { priorityKey }),
    ...(fairnessKey && { fairnessKey }),
    ...(fairnessWeight && { fairnessWeight }),
  };
  const fault = faultOfPriority(compiled);
  if (fault !== undefined) throw new ValueError(fault);
  return Object.keys(compiled).length > 0 ? compiled : undefined;
}

/** What is wrong with a priority; undefined when it is right. */
export function faultOfPriority(priority: Priority): string | undefined {
  const { priorityKey: key, fairnessKey, fairnessWeight: weight } = priority;
  if (key !== undefined && !(Number.isInteger(key) && key >= 1 && key <= 5)) {
    return `priority.priorityKey must be a whole number from 1 to 5; got ${String(key)}`;
  }
  if (fairnessKey !== undefined && encode(fairnessKey).length > MOST_KEY_BYTES) {
    return `priority.fairnessKey must be a text of at most ${MOST_KEY_BYTES} bytes; got a longer one`;
  }
  if (weight !== undefined && !(weight >= 0.001 && weight <= 1_000)) {
    return `priority.fairnessWeight must be a number from 0.001 to 1000; got ${String(weight)}`;
  }
  return undefined;
}

/** The priority of work that a workflow asked for: what it was not given is as the workflow's. */
export function inheritPriority(
  own: Priority | undefined,
  workflow: Priority | undefined,
): Priority | undefined {
  if (!own || !workflow) return own ?? workflow;
  return compilePriority({
    priorityKey: own.priorityKey ?? workflow.priorityKey,
    fairnessKey: own.fairnessKey ?? workflow.fairnessKey,
    fairnessWeight: own.fairnessWeight ?? workflow.fairnessWeight,
  });
}
