import { fileURLToPath } from 'node:url';
import { Worker } from '@perdure/worker';
import * as activities from './activities.ts';

const worker = await Worker.create({
  taskQueue: 'batch',
  workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
  activities,
});
console.log("Working on task queue 'batch'; Ctrl-C stops.");
await worker.run();
