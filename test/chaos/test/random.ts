/** Random choices that a seed decides, so that a failing run can be had again. */

/** A stream of random numbers: the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 (included) to 1 (excluded). The generator is mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number of the range, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Whether something that happens with this probability does. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.between(0, choices.length - 1)];
    if (choice === undefined) throw new Error('wanted choices to pick from; got none');
    return choice;
  }

  /** The choices in another order. */
  shuffle<T>(choices: readonly T[]): T[] {
    const left = [...choices];
    return choices.map(() => left.splice(this.between(0, left.length - 1), 1)[0]!);
  }
}

/**
 * Seeds as the environment lists them: `3,7`, `1..10`, or both.
 *
 * @throws Error when the text is something else
 */
export function seedsOf(text: string | undefined, otherwise: readonly number[]): number[] {
  if (!text) return [...otherwise];
  return text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined) {
      throw new Error(`wanted seeds like '3,7' or '1..10' in CHAOS_SEEDS; got '${text}'`);
    }
    const count = Number(last ?? first) - Number(first) + 1;
    return Array.from({ length: count }, (_, i) => Number(first) + i);
  });
}
