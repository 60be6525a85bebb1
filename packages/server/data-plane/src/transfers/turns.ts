/**
 * Work that waits, served in turn by namespace: one with very much of it neither keeps the others
 * waiting nor takes all places, nor fills the memory (blueprint §6).
 */
import { Line } from '../commit/line.ts';

/** Most pieces of work under way at once. */
export const MOST_UNDER_WAY = 200;
/** Most of them for one namespace. */
export const MOST_OF_NAMESPACE = 100;
/** Most pieces of work that wait for one namespace. */
export const MOST_WAITING = 20_000;

interface Lane<T extends object> {
  readonly waiting: Line<T>;
  underWay: number;
}

export class Turns<T extends object> {
  /** In the order of turns: a namespace that was served goes to the end. */
  readonly #lanes = new Map<number, Lane<T>>();
  #underWay = 0;

  /** Takes in a piece of work; false when too much waits already. */
  add(namespaceId: number, work: T): boolean {
    let lane = this.#lanes.get(namespaceId);
    if (!lane) this.#lanes.set(namespaceId, (lane = { waiting: new Line<T>(), underWay: 0 }));
    if (lane.waiting.size >= MOST_WAITING) return false;
    lane.waiting.add(work);
    return true;
  }

  /** The next piece of work, which counts as under way from here on; undefined when none may be. */
  begin(): T | undefined {
    if (this.#underWay >= MOST_UNDER_WAY) return undefined;
    for (const [namespaceId, lane] of this.#lanes) {
      if (lane.underWay >= MOST_OF_NAMESPACE) continue;
      const work = lane.waiting.next();
      if (!work) continue;
      lane.underWay += 1;
      this.#underWay += 1;
      this.#lanes.delete(namespaceId);
      this.#lanes.set(namespaceId, lane);
      return work;
    }
    return undefined;
  }

  /** A piece of work that was begun has ended. */
  end(namespaceId: number): void {
    const lane = this.#lanes.get(namespaceId);
    if (!lane) return;
    lane.underWay -= 1;
    this.#underWay -= 1;
    if (lane.underWay === 0 && lane.waiting.size === 0) this.#lanes.delete(namespaceId);
  }

  /** Forgets what waits. */
  clear(): void {
    for (const { waiting } of this.#lanes.values()) waiting.clear();
  }
}
