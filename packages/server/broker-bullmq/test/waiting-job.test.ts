import type { QueueKey } from '@perdure/ports';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobIdOf, queueNameOf, taskIdOf } from '../src/waiting-job.ts';

const ascii = fc.string({ unit: 'binary-ascii', maxLength: 120 });
const queues: fc.Arbitrary<QueueKey> = fc.record({
  namespaceId: fc.nat(),
  taskQueue: fc.oneof(ascii, fc.string({ unit: 'grapheme', maxLength: 200 })),
  kind: fc.constantFrom('workflow' as const, 'activity' as const),
});

test('a job id is safe in BullMQ and gives the task id back', () => {
  fc.assert(
    fc.property(ascii, (taskId) => {
      const jobId = jobIdOf(taskId);
      expect(jobId).toMatch(/^\.[^:\0]*$/);
      expect(taskIdOf(jobId)).toBe(taskId);
    }),
  );
});

test('a queue name is safe in BullMQ, short, and tells queues apart', () => {
  fc.assert(
    fc.property(queues, queues, (a, b) => {
      expect(queueNameOf(a)).toMatch(/^\d+\.[wa]\.[A-Za-z0-9._~-]+$/);
      expect(queueNameOf(a).length).toBeLessThanOrEqual(100);
      const same =
        a.namespaceId === b.namespaceId && a.taskQueue === b.taskQueue && a.kind === b.kind;
      expect(queueNameOf(a) === queueNameOf(b)).toBe(same);
    }),
  );
});

test('plain task queue names stay readable', () => {
  expect(queueNameOf({ namespaceId: 12, taskQueue: 'orders-eu.v2', kind: 'workflow' })).toBe(
    '12.w.orders-eu.v2',
  );
  expect(queueNameOf({ namespaceId: 12, taskQueue: 'a b', kind: 'activity' })).toMatch(/^12\.a\.~/);
});
