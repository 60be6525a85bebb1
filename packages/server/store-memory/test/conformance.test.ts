import {
  type Plan,
  controlStoreConformance,
  executionStoreConformance,
  expectNoLostUpdate,
  letterStoreConformance,
  sessionStoreConformance,
  taskBrokerConformance,
  visibilityStoreConformance,
} from '@perdure/ports/conformance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryBrokerBackend, createMemoryStore } from '../src/index.ts';

const make = () => Promise.resolve(createMemoryStore());

executionStoreConformance('memory', make);
visibilityStoreConformance('memory', make);
controlStoreConformance('memory', make);
sessionStoreConformance('memory', make);
letterStoreConformance('memory', make);
taskBrokerConformance('memory', async () => {
  const backend = new MemoryBrokerBackend();
  return {
    connect: () => backend.connect(),
    wipe: async () => backend.wipe(),
    payloads: async () => backend.ids().map(() => '{}'),
    dispose: async () => {},
  };
});

test('no update is lost, whatever writers do at once', async () => {
  const transition = fc.record({
    workflow: fc.nat(4),
    behind: fc.nat(1),
    withRequest: fc.boolean(),
  });
  const plans: fc.Arbitrary<Plan> = fc.array(
    fc.array(fc.array(transition, { minLength: 1, maxLength: 5 }), { maxLength: 5 }),
    { minLength: 1, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(plans, (plan) => expectNoLostUpdate(createMemoryStore().executions, 5, plan)),
  );
});

test('stores do not share anything', async () => {
  const [a, b] = [createMemoryStore(), createMemoryStore()];
  await a.control.createNamespace({ name: 'orders', sealed: true, createdAt: 1 });
  expect(await b.control.namespaceByName('orders')).toBeUndefined();
});
