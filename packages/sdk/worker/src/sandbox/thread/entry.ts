/** Where a workflow thread begins. Bundled by `thread-code.ts`, as the one script that it runs. */
import { workerData } from 'node:worker_threads';
import type { ThreadData } from './messages.ts';
import { serveMain } from './server.ts';

void serveMain(workerData as ThreadData);
