import { taskBrokerConformance } from '@perdure/ports/conformance';
import { MemoryBrokerBackend } from './memory-broker.ts';

taskBrokerConformance('in memory, for tests', async () => {
  const backend = new MemoryBrokerBackend();
  return {
    connect: () => backend.connect(),
    wipe: async () => backend.wipe(),
    payloads: async () => [...backend.queues.values()].flatMap((ids) => [...ids].map(() => '{}')),
    outage: { begin: async () => backend.begin(), end: async () => backend.end() },
    dispose: async () => {},
  };
});
