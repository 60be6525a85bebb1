/**
 * Workflows that want something, served in turn by namespace: a tenant with ten thousand of them
 * does not keep one with a single one waiting (blueprint §6).
 */
import type { ExecutionEntry } from './execution-entry.ts';
import { Line } from './line.ts';

export class TurnQueue {
  /** In the order of turns: a namespace that was served goes to the end. */
  readonly #byNamespace = new Map<number, Line<ExecutionEntry>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an entry at the end of its namespace's line, unless it waits already. */
  add(entry: ExecutionEntry): void {
    const { namespaceId } = entry.key;
    let line = this.#byNamespace.get(namespaceId);
    if (!line) this.#byNamespace.set(namespaceId, (line = new Line()));
    if (line.add(entry)) this.#size += 1;
  }

  /** Takes out the next entry in turn. */
  next(): ExecutionEntry | undefined {
    for (const [namespaceId, line] of this.#byNamespace) {
      this.#byNamespace.delete(namespaceId);
      const entry = line.next();
      if (!entry) continue;
      this.#size -= 1;
      if (line.size > 0) this.#byNamespace.set(namespaceId, line);
      return entry;
    }
    return undefined;
  }

  /** Takes out up to `most` entries. */
  take(most: number): ExecutionEntry[] {
    const taken: ExecutionEntry[] = [];
    while (taken.length < most) {
      const entry = this.next();
      if (!entry) break;
      taken.push(entry);
    }
    return taken;
  }
}
