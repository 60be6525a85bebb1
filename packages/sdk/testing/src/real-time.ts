/** Time of an environment on a platform that knows no other than the machine's. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestPlatform } from './test-platform.ts';

/** Longest wait that one timer of the runtime can hold, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const realTime: Pick<TestPlatform, 'now' | 'sleep'> = {
  now: () => Date.now(),
  async sleep(ms) {
    for (let left = ms; left > 0; left -= LONGEST_TIMER_MS) {
      await sleep(Math.min(left, LONGEST_TIMER_MS));
    }
  },
};
