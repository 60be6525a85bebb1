/** Work between workflows is shared out fairly. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Line } from '../src/commit/line.ts';
import { MOST_OF_NAMESPACE, MOST_UNDER_WAY, MOST_WAITING, Turns } from '../src/transfers/turns.ts';

interface Work {
  readonly of: number;
  readonly n: number;
}

const workOf = (of: number, n: number): Work => ({ of, n });

test('one with little work does not wait for one with much', () => {
  const turns = new Turns<Work>();
  for (let n = 0; n < 10_000; n++) turns.add(1, workOf(1, n));
  turns.add(2, workOf(2, 0));
  expect([turns.begin(), turns.begin(), turns.begin()]).toEqual([
    workOf(1, 0),
    workOf(2, 0),
    workOf(1, 1),
  ]);
});

test('one whose work does not end leaves places to others', () => {
  const turns = new Turns<Work>();
  for (let n = 0; n < 1_000; n++) turns.add(1, workOf(1, n));
  let begun = 0;
  while (turns.begin()) begun += 1;
  expect(begun).toBe(MOST_OF_NAMESPACE);
  turns.add(2, workOf(2, 0));
  expect(turns.begin()).toEqual(workOf(2, 0));
  turns.end(1);
  expect(turns.begin()).toEqual(workOf(1, MOST_OF_NAMESPACE));
});

test('what one may have waiting is limited', () => {
  const turns = new Turns<Work>();
  for (let n = 0; n < MOST_WAITING; n++) expect(turns.add(1, workOf(1, n))).toBe(true);
  expect(turns.add(1, workOf(1, MOST_WAITING))).toBe(false);
  expect(turns.add(2, workOf(2, 0))).toBe(true);
});

test('a line serves each once, first come first served, and again who comes again', () => {
  const things = Array.from({ length: 5 }, (_, n) => ({ n }));
  const step = fc.option(fc.constantFrom(...things), { nil: 'next' as const });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const line = new Line<{ n: number }>();
      const model: { n: number }[] = [];
      for (const each of steps) {
        if (each === 'next') expect(line.next()).toBe(model.shift());
        else {
          expect(line.add(each)).toBe(!model.includes(each));
          if (!model.includes(each)) model.push(each);
        }
        expect(line.size).toBe(model.length);
      }
    }),
  );
});

test('all of it is begun once, in order for each, within the limits', () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ begin: fc.integer({ min: 1, max: 80 }) }),
    fc.record({ end: fc.integer({ min: 1, max: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const turns = new Turns<Work>();
      const added = [0, 0, 0, 0, 0];
      const begun = [0, 0, 0, 0, 0];
      const underWay = [0, 0, 0, 0, 0];
      const begin = (): boolean => {
        const work = turns.begin();
        if (!work) return false;
        expect(work.n).toBe(begun[work.of]);
        begun[work.of]! += 1;
        underWay[work.of]! += 1;
        return true;
      };
      const end = (of: number): void => {
        if (underWay[of] === 0) return;
        underWay[of]! -= 1;
        turns.end(of);
      };
      for (const each of steps) {
        if ('add' in each) {
          for (let i = 0; i < 40; i++) turns.add(each.add, workOf(each.add, added[each.add]!++));
        } else if ('begin' in each) {
          for (let i = 0; i < each.begin; i++) begin();
        } else end(each.end);
        expect(Math.max(...underWay)).toBeLessThanOrEqual(MOST_OF_NAMESPACE);
        expect(underWay.reduce((sum, n) => sum + n)).toBeLessThanOrEqual(MOST_UNDER_WAY);
      }
      for (;;) {
        while (begin());
        const busy = underWay.findIndex((n) => n > 0);
        if (busy < 0) break;
        end(busy);
      }
      expect(begun).toEqual(added);
    }),
  );
});
