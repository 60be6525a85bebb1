/** Workers in this very process, ended with their stage. */
import { Connection } from '@perdure/client';
import type { Logger, LogLevel } from '@perdure/common';
import {
  DefaultLogger,
  type LogEntry,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
  bundleWorkflowCode,
} from '@perdure/worker';
import type { PlatformAccess } from './platform.ts';
import type { Stage } from './stage.ts';

/** A test whose activities hang is to end all the same. */
const FORCE_TIME = '5s' as const;

/** A worker that runs. */
export interface RunningWorker {
  readonly worker: Worker;
  readonly connection: Connection;
  /** What it has logged, from warnings up. */
  readonly log: readonly LogEntry[];
  /** Settles when the worker ends: rejects when it fails. */
  readonly ended: Promise<void>;
  /** Shuts it down gracefully and waits. A second call waits for the first. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a worker with a connection of its own (unless one is given) and the platform's key ring.
 * Returns at once; the worker registers in the background.
 */
export async function startWorker(
  stage: Stage,
  platform: PlatformAccess,
  options: WorkerOptions,
): Promise<RunningWorker> {
  const { address, apiKey, namespace, keyRing } = platform;
  const own = options.connection ? undefined : await Connection.connect({ address, apiKey });
  const connection = options.connection ?? own!;
  const log: LogEntry[] = [];
  const logger = options.logger ?? keepLog(log, 'WARN');
  const defaults = { namespace, keyRing, shutdownForceTime: FORCE_TIME };
  const worker = await Worker.create({ ...defaults, ...options, logger, connection });
  const ended = runAndClose(worker, own);
  ended.catch(() => {});
  const stop = async (): Promise<void> => {
    worker.shutdown();
    await ended;
  };
  stage.add(`worker of ${options.taskQueue}`, async () => {
    worker.shutdown();
    await ended.catch(() => {});
  });
  return { worker, connection, log, ended, stop };
}

async function runAndClose(worker: Worker, connection: Connection | undefined): Promise<void> {
  try {
    await worker.run();
  } finally {
    await connection?.close();
  }
}

function keepLog(log: LogEntry[], level: LogLevel): Logger {
  return new DefaultLogger(level, (entry) => void log.push(entry));
}

const bundles = new Map<string, Promise<WorkflowBundle>>();

/** The bundle of a workflows file, made once per process: bundling takes half a second. */
export function bundleOf(workflowsPath: string): Promise<WorkflowBundle> {
  let bundle = bundles.get(workflowsPath);
  if (!bundle) bundles.set(workflowsPath, (bundle = bundleWorkflowCode({ workflowsPath })));
  return bundle;
}
