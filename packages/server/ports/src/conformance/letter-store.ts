/** What every LetterStore must do, run against each adapter on its real backend. */
import { describe, expect, test } from 'vitest';
import type { LetterRef, LetterStore, NewLetter } from '../letter-store.ts';
import { type MakeStores, newRun, refOf, storesOfEachTest } from './stores.ts';

/** Declares the suite. */
export function letterStoreConformance(name: string, make: MakeStores): void {
  describe(`LetterStore: ${name}`, () => {
    const stores = storesOfEachTest(make);
    const letters = (): LetterStore => stores().letters;
    const content = Uint8Array.of(1, 2, 255);
    const yes = Uint8Array.of(9);
    const no = Uint8Array.of(8);

    function letter(letterId: string, more: Partial<NewLetter> = {}): NewLetter {
      const run = refOf(newRun('w', more.namespaceId));
      return { ...run, letterId, taskQueue: 'orders', content, expiresAt: 100, ...more };
    }

    async function posted(letterId: string, more: Partial<NewLetter> = {}): Promise<NewLetter> {
      const one = letter(letterId, more);
      await letters().post(one);
      return one;
    }

    async function said(of: LetterRef) {
      const found = await letters().read(of);
      return found && { content: [...found.content], answer: found.answer && [...found.answer] };
    }

    test('a letter can be found, read, answered once and removed', async () => {
      const one = await posted('one');
      const { content: _c, expiresAt: _e, ...ref } = one;
      expect(await letters().waiting(99, 10)).toEqual([ref]);
      expect(await said(one)).toEqual({ content: [...content], answer: undefined });
      expect(await letters().answer(one, yes)).toBe(true);
      expect(await letters().answer(one, no)).toBe(false);
      expect(await letters().waiting(99, 10)).toEqual([]);
      expect(await said(one)).toEqual({ content: [...content], answer: [...yes] });
      await letters().remove(one);
      await letters().remove(one);
      expect(await letters().read(one)).toBeUndefined();
      expect(await letters().answer(one, yes)).toBe(false);
    });

    test('one that is left again begins anew, one that tells waits for nobody', async () => {
      const one = await posted('one');
      await letters().claim(one, 1, 50);
      await letters().answer(one, yes);
      await letters().post({ ...one, content: no, expiresAt: 200 });
      expect(await said(one)).toEqual({ content: [...no], answer: undefined });
      expect(await letters().claim(one, 1, 50)).toBe('ours');
      expect(await letters().waiting(150, 10)).toHaveLength(1);
      await letters().post({ ...one, content: new Uint8Array(0), answer: no });
      expect(await said(one)).toEqual({ content: [], answer: [...no] });
      expect(await letters().waiting(1, 10)).toEqual([]);
    });

    test('one server at a time takes it on, until its time is over', async () => {
      const one = await posted('one');
      expect(await letters().claim(one, 10, 20)).toBe('ours');
      expect(await letters().claim(one, 19, 29)).toBe('taken');
      expect(await letters().claim(one, 20, 30)).toBe('ours');
      const other = await posted('other');
      const claims = Array.from({ length: 10 }, () => letters().claim(other, 10, 20));
      const taken = Array.from({ length: 9 }, () => 'taken');
      expect((await Promise.all(claims)).sort()).toEqual(['ours', ...taken]);
      await letters().answer(one, yes);
      expect(await letters().claim(one, 40, 50)).toBe('gone');
      expect(await letters().claim(letter('none'), 10, 20)).toBe('gone');
    });

    test('of many answers at once one counts', async () => {
      const one = await posted('one');
      const answers = Array.from({ length: 10 }, (_, i) => letters().answer(one, Uint8Array.of(i)));
      const counted = await Promise.all(answers);
      expect(counted.filter(Boolean)).toHaveLength(1);
      expect(await said(one)).toEqual({ content: [...content], answer: [counted.indexOf(true)] });
    });

    test('those that have expired are not found, and go', async () => {
      const late = await posted('late', { expiresAt: 300, namespaceId: 2 });
      const soon = await posted('soon');
      const found = (await letters().waiting(10, 10)).map(({ letterId }) => letterId);
      expect(found).toEqual(['soon', 'late']);
      expect(await letters().waiting(10, 1)).toMatchObject([{ letterId: 'soon' }]);
      expect(await letters().waiting(100, 10)).toMatchObject([{ letterId: 'late' }]);
      await letters().removeExpired(100);
      expect(await letters().read(soon)).toBeUndefined();
      expect(await letters().read(late)).toBeDefined();
    });

    test('names are apart: of namespaces, runs and letters', async () => {
      const one = await posted('one\0', { taskQueue: 'odd\0 queue' });
      expect(await letters().waiting(1, 10)).toMatchObject([
        { letterId: 'one\0', taskQueue: 'odd\0 queue' },
      ]);
      const others = [
        { ...one, namespaceId: 2 },
        { ...one, runId: refOf(newRun('w')).runId },
        { ...one, letterId: 'one' },
      ];
      for (const other of others) {
        expect(await letters().read(other)).toBeUndefined();
        expect(await letters().claim(other, 1, 2)).toBe('gone');
        expect(await letters().answer(other, no)).toBe(false);
        await letters().remove(other);
      }
      expect(await said(one)).toEqual({ content: [...content], answer: undefined });
    });
  });
}
