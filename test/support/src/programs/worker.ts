/**
 * Program: a worker, until SIGTERM. Reads what to work on as JSON from standard input, prints one
 * line of JSON when it is about to run, and logs to stderr from warnings up.
 */
import { Connection } from '@perdure/client';
import { loadKeyRing } from '@perdure/data-converter';
import { DefaultLogger, Worker, type WorkerOptions } from '@perdure/worker';
import { pathToFileURL } from 'node:url';
import { readInput } from './stdin.ts';

/** What it is told. */
export interface WorkerProgramInput {
  readonly address: string;
  readonly apiKey: string;
  readonly namespace: string;
  /** Path of a key ring file. */
  readonly keyring: string;
  readonly taskQueue: string;
  /** Path of the module with the workflows. */
  readonly workflowsPath?: string;
  /** Path of the module with the activities. */
  readonly activitiesPath?: string;
  /** Further options of the worker. */
  readonly options?: Partial<WorkerOptions>;
}

const input = await readInput<WorkerProgramInput>();
const { address, apiKey, namespace, keyring, taskQueue, workflowsPath, activitiesPath } = input;
const connection = await Connection.connect({ address, apiKey, connectTimeout: '60s' });
const worker = await Worker.create({
  connection,
  namespace,
  keyRing: await loadKeyRing(keyring),
  taskQueue,
  workflowsPath,
  activities: activitiesPath ? await activitiesOf(activitiesPath) : undefined,
  logger: new DefaultLogger('WARN'),
  ...input.options,
});
console.log('{}');
await worker.run();
await connection.close();

async function activitiesOf(path: string): Promise<object> {
  return { ...((await import(pathToFileURL(path).href)) as object) };
}
