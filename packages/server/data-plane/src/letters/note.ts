/** What servers drop each other by the broker: ids only, and nothing that is relied on. */
import type { WaitingLetter, WorkflowKey } from '@perdure/ports';

export type Note =
  /** A letter waits in the store. */
  | { readonly kind: 'letter'; readonly letter: WaitingLetter }
  /** It has been answered. */
  | { readonly kind: 'answered'; readonly letterId: string }
  /** Whoever has workers of the task queue is to say when something becomes of an update. */
  | { readonly kind: 'follow'; readonly key: WorkflowKey; readonly taskQueue: string }
  /** Something has become of an update of the workflow. */
  | { readonly kind: 'stirred'; readonly key: WorkflowKey };

export function noteText(note: Note): string {
  switch (note.kind) {
    case 'letter': {
      const { namespaceId, shard, runId, letterId, taskQueue } = note.letter;
      return JSON.stringify(['letter', namespaceId, shard, runId, letterId, taskQueue]);
    }
    case 'answered':
      return JSON.stringify(['answered', note.letterId]);
    case 'follow':
      return JSON.stringify(['follow', ...partsOf(note.key), note.taskQueue]);
    case 'stirred':
      return JSON.stringify(['stirred', ...partsOf(note.key)]);
  }
}

/** The note of a text; undefined for what is none: anybody who shares the broker may tell. */
export function parseNote(text: string): Note | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [kind, ...rest] = parts as unknown[];
  if (kind === 'answered') return answeredOf(rest);
  if (kind === 'letter') return letterOf(rest);
  const key = keyOf(rest);
  if (!key) return undefined;
  if (kind === 'stirred') return { kind, key };
  const [, , taskQueue] = rest;
  return kind === 'follow' && typeof taskQueue === 'string' ? { kind, key, taskQueue } : undefined;
}

function partsOf({ namespaceId, workflowId }: WorkflowKey): [number, string] {
  return [namespaceId, workflowId];
}

function keyOf([namespaceId, workflowId]: readonly unknown[]): WorkflowKey | undefined {
  if (!isCount(namespaceId) || typeof workflowId !== 'string') return undefined;
  return { namespaceId, workflowId };
}

function answeredOf([letterId]: readonly unknown[]): Note | undefined {
  return typeof letterId === 'string' ? { kind: 'answered', letterId } : undefined;
}

function letterOf(parts: readonly unknown[]): Note | undefined {
  const [namespaceId, shard, runId, letterId, taskQueue] = parts;
  if (!isCount(namespaceId) || !isCount(shard) || typeof runId !== 'string') return undefined;
  if (typeof letterId !== 'string' || typeof taskQueue !== 'string') return undefined;
  return { kind: 'letter', letter: { namespaceId, shard, runId, letterId, taskQueue } };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
