/**
 * Things that wait in line, each at most once, first come first served. Every step takes the same
 * time however long the line is: to look for the first entry of a Set from its beginning would take
 * longer with every one that has been taken out.
 */
export class Line<T extends object> {
  readonly #waiting = new Set<T>();
  #ahead = this.#waiting.values();

  get size(): number {
    return this.#waiting.size;
  }

  /** Joins the end of the line; false when it waits already. */
  add(thing: T): boolean {
    if (this.#waiting.has(thing)) return false;
    this.#waiting.add(thing);
    return true;
  }

  /** Takes out the first. */
  next(): T | undefined {
    if (this.#waiting.size === 0) return undefined;
    let first = this.#ahead.next();
    if (first.done) {
      // It had come to the end before the latest joined.
      this.#ahead = this.#waiting.values();
      first = this.#ahead.next();
    }
    this.#waiting.delete(first.value!);
    return first.value;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
