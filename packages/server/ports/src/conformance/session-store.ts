/** What every SessionStore must do, run against each adapter on its real backend. */
import { describe, expect, test } from 'vitest';
import type { SessionStore } from '../session-store.ts';
import { type MakeStores, storesOfEachTest } from './stores.ts';

/** Declares the suite. */
export function sessionStoreConformance(name: string, make: MakeStores): void {
  describe(`SessionStore: ${name}`, () => {
    const stores = storesOfEachTest(make);
    const sessions = (): SessionStore => stores().sessions;
    const live = async (ids: string[], now: number): Promise<string[]> =>
      [...(await sessions().liveSessions(ids, now))].sort();

    test('a lease lives until its time and can be renewed', async () => {
      await sessions().renewSessions(['a', 'b', 'a'], 10);
      expect(await live(['a', 'b', 'c'], 9)).toEqual(['a', 'b']);
      expect(await live(['b'], 9)).toEqual(['b']);
      expect(await live(['a', 'b'], 10)).toEqual([]);
      await sessions().renewSessions(['b', 'c'], 20);
      expect(await live(['a', 'b', 'c'], 15)).toEqual(['b', 'c']);
    });

    test('an ended lease is gone at once, the others stay', async () => {
      await sessions().renewSessions(['a', 'b', 'c'], 10);
      await sessions().endSessions(['a', 'none'], 5);
      expect(await live(['a', 'b', 'c'], 5)).toEqual(['b', 'c']);
      await sessions().endSessions([], 10);
      expect(await live(['b', 'c'], 1)).toEqual([]);
    });

    test('no ids are no work', async () => {
      await sessions().renewSessions([], 10);
      expect(await live([], 1)).toEqual([]);
    });

    test('many processes may renew and end the same sessions at once', async () => {
      const ids = Array.from({ length: 50 }, (_, i) => `session ${i}`);
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          i % 4 === 3
            ? sessions().endSessions([...ids].reverse(), 1)
            : sessions().renewSessions(i % 2 ? ids : [...ids].reverse(), 10),
        ),
      );
      await sessions().renewSessions(ids, 10);
      expect(await live(ids, 5)).toHaveLength(50);
    });
  });
}
