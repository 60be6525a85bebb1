/**
 * The worker process: default options, all workflows and activities of the benchmark. Connects as
 * the environment says, which also names its key ring.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Worker } from '@perdure/worker';
import * as activities from '../activities.ts';
import { TASK_QUEUE } from '../task-queue.ts';
import { type Reaction, answerBenchmark, sayReady } from './questions.ts';

const shutdownWithinMs = 3_000;
let reactions: Reaction[] = [];

const logger = new DefaultLogger('INFO', (entry) => {
  if (entry.level === 'INFO') {
    const { workflowId } = entry.meta as { workflowId: string };
    reactions.push({ workflowId, at: performance.timeOrigin + performance.now() });
  } else {
    process.stderr.write(`worker: ${entry.message} ${JSON.stringify(entry.meta)}\n`);
  }
});

const worker = await Worker.create({
  taskQueue: TASK_QUEUE,
  workflowsPath: fileURLToPath(new URL('../workflows.js', import.meta.url)),
  activities,
  logger,
});

const running = worker.run();

answerBenchmark(
  {
    cachedRuns: () => worker.getStatus().numCachedWorkflows,
    reactions() {
      const told = reactions;
      reactions = [];
      return told;
    },
  },
  async () => {
    worker.shutdown();
    // Where the server is gone, nobody acknowledges what the worker has yet to report.
    await Promise.race([running, sleep(shutdownWithinMs)]);
  },
);

sayReady();
