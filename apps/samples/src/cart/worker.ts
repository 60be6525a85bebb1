import { fileURLToPath } from 'node:url';
import { Worker } from '@perdure/worker';

const worker = await Worker.create({
  taskQueue: 'cart',
  workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
});
console.log("Working on task queue 'cart'; Ctrl-C stops.");
await worker.run();
