/** Numbers that tell apart the starts of one workflow task, whichever server decides them. */
import { randomInt } from 'node:crypto';

const RANGE = 2 ** 32;
// Servers begin at random: two of them that start the same task must not draw the same number.
let last = randomInt(RANGE);

/** A number from 1 to 2^32 - 1 that this process has not drawn lately. */
export function nextFence(): number {
  last = (last + 1) % RANGE;
  return last === 0 ? nextFence() : last;
}
