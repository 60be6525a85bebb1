import { taskBrokerConformance } from '@perdure/ports/conformance';
import { createPostgresTaskBroker } from '../src/index.ts';
import { PrivatePostgres } from './private-postgres.ts';

taskBrokerConformance('BullMQ on Postgres', async () => {
  const postgres = await PrivatePostgres.start();
  return {
    connect: () => createPostgresTaskBroker({ url: postgres.url, timeoutMs: 5_000 }),
    wipe: async () => {
      await postgres.query('TRUNCATE perdure_broker.broker_epoch, perdure_broker.job CASCADE');
    },
    payloads: async () => {
      const rows = await postgres.query<{ data: string }>(
        'SELECT data::text FROM perdure_broker.job',
      );
      return rows.map((row) => row.data);
    },
    outage: { begin: () => postgres.stop(), end: () => postgres.start() },
    dispose: () => postgres.dispose(),
  };
});
