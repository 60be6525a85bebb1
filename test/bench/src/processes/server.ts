/** The server process: an embedded platform on a database of its own, a sealed namespace in it. */
import { type Embedded, startEmbedded } from '@perdure/embedded';
import { answerBenchmark, sayReady } from './questions.ts';

/** What a worker or client needs, and what is measured. Holds secrets. */
export type Platform = Pick<
  Embedded,
  'address' | 'namespace' | 'apiKey' | 'keyring' | 'postgres' | 'broker'
>;

// A database given by DATABASE_URL may know the namespace of an earlier run.
const namespace = `bench-${Date.now().toString(36)}-${process.pid}`;
const starting = startEmbedded({ port: 0, ephemeral: true, sealed: true, namespace });

answerBenchmark({}, async () => {
  const platform = await starting;
  await platform.close();
});

const { address, apiKey, keyring, postgres, broker } = await starting;
const greeting: Platform = { address, namespace, apiKey, keyring, postgres, broker };
sayReady(greeting);
