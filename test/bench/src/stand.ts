/**
 * The test stand: a server process with its Postgres (and Redis where there is one), a worker
 * process, an echo process for the floor, and this process as the client. Payloads are encrypted:
 * the namespace is sealed, worker and client hold its key ring.
 */
import { Client, Connection } from '@perdure/client';
import { loadKeyRing } from '@perdure/data-converter';
import { type Database, openDatabase } from './measure/database.ts';
import { type EchoClient, openEcho } from './measure/echo-client.ts';
import { type Ledger, createLedger } from './measure/ledger.ts';
import { findChild } from './measure/process-cpu.ts';
import { type BenchProcess, startProcess } from './processes/bench-process.ts';
import type { Platform } from './processes/server.ts';

export interface Stand {
  readonly client: Client;
  readonly server: BenchProcess<Platform>;
  /** The one that works now. */
  readonly worker: () => BenchProcess<unknown>;
  /** Kills the worker (SIGKILL) and starts another at once. */
  readonly replaceWorker: () => Promise<void>;
  readonly database: Database;
  readonly redisPid: number | undefined;
  readonly echo: EchoClient;
  /** What its workers' slow activities have done. */
  readonly ledger: Ledger;
  /** Rejects when the server or the worker ends by itself; never resolves. */
  readonly failure: Promise<never>;
  close(): Promise<void>;
}

const modules = {
  server: new URL('./processes/server.js', import.meta.url),
  worker: new URL('./processes/worker.js', import.meta.url),
  echo: new URL('./processes/echo.js', import.meta.url),
};

/** Undone in reverse order, each part even when another fails. */
type Undo = () => Promise<void> | void;

/** @param profile where the server and the workers leave CPU profiles */
export async function startStand(profile: string | undefined): Promise<Stand> {
  const undo: Undo[] = [];
  try {
    return await assemble(undo, profile);
  } catch (error) {
    await undoAll(undo);
    throw error;
  }
}

async function assemble(undo: Undo[], profile: string | undefined): Promise<Stand> {
  const ledger = createLedger();
  undo.push(() => ledger.remove());
  const server = await startProcess<Platform>({ module: modules.server, profile });
  undo.push(() => server.stop());
  const { postgres, broker } = server.greeting;
  const redisPid = broker.startsWith('redis') ? findChild(server.pid, 'redis-server') : undefined;
  const database = await openDatabase(postgres);
  undo.push(() => database.close());
  const echoProcess = await startProcess<{ port: number }>({ module: modules.echo });
  undo.push(() => echoProcess.stop());
  const echo = await openEcho(echoProcess.greeting.port);
  undo.push(() => echo.close());
  const workers = await openWorkers(server.greeting, ledger, profile);
  undo.push(() => workers.current().stop());
  const { client, connection } = await connectClient(server.greeting);
  undo.push(() => connection.close());
  const failure = Promise.race([server.failure, workers.failure]);
  // Nobody may be waiting when it comes.
  failure.catch(() => {});
  return {
    client,
    server,
    worker: workers.current,
    replaceWorker: workers.replace,
    database,
    redisPid,
    echo,
    ledger,
    failure,
    close: () => undoAll(undo),
  };
}

async function openWorkers(platform: Platform, ledger: Ledger, profile: string | undefined) {
  const env = {
    PERDURE_ADDRESS: platform.address,
    PERDURE_NAMESPACE: platform.namespace,
    PERDURE_API_KEY: platform.apiKey,
    PERDURE_KEYRING: platform.keyring,
    PERDURE_BENCH_LEDGER: ledger.path,
  };
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => {});
  const start = async (): Promise<BenchProcess<unknown>> => {
    const worker = await startProcess({ module: modules.worker, env, profile });
    worker.failure.catch(fail);
    return worker;
  };
  let current = await start();
  return {
    failure,
    current: () => current,
    replace: async () => {
      await current.kill();
      current = await start();
    },
  };
}

async function connectClient({ address, apiKey, namespace, keyring }: Platform) {
  const keyRing = await loadKeyRing(keyring);
  const connection = await Connection.connect({ address, apiKey });
  return { connection, client: new Client({ connection, namespace, keyRing }) };
}

async function undoAll(undo: Undo[]): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      process.stderr.write(`while cleaning up: ${String(error)}\n`);
    }
  }
}
