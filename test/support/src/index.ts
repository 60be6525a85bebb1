/**
 * What system tests and benchmarks start, break and look at: platforms, workers, Redis, connections,
 * histories. Everything ends with its {@link Stage}.
 */
export { dumpPostgres, dumpRedis, findTexts, flushRedis } from './dumps.ts';
export { eventually, rejectionOf } from './eventually.ts';
export { freePort } from './free-port.ts';
export { recordedStepsReRun } from './history/re-runs.ts';
export { historyOf, shape } from './history/of-run.ts';
export { eventTypes, eventsOf, shapeOf } from './history/shape.ts';
export { flawsOf } from './history/well-formed.ts';
export { type Execution, noteExecution, readLedger } from './ledger.ts';
export {
  type Platform,
  type PlatformAccess,
  asOperator,
  clientOf,
  connectTo,
  createNamespace,
  newDataDirectory,
  startPlatform,
} from './platform.ts';
export { PlatformProcess } from './processes/platform-process.ts';
export { RedisProcess } from './processes/redis-process.ts';
export { WorkerProcess, type WorkerProcessOptions } from './processes/worker-process.ts';
export { Stage } from './stage.ts';
export { CertificateAuthority, type CertificatePair } from './wire/certificates.ts';
export { RawStream, type StreamEnd } from './wire/raw-stream.ts';
export { TcpProxy } from './wire/tcp-proxy.ts';
export { type TlsProxy, tlsProxy } from './wire/tls-proxy.ts';
export { type RunningWorker, bundleOf, startWorker } from './worker.ts';
