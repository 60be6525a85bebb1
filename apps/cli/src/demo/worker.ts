/**
 * The worker process of the demo. Connects as the environment says; runs until a signal, or until
 * the demo is gone.
 */
import { fooBarWorkflowsPath } from '@perdure/samples';
import { Worker } from '@perdure/worker';
import { createActivities } from './activities.ts';

const { DEMO_RELEASE: release = '', DEMO_LEDGER: ledger = '', DEMO_TASK_QUEUE = '' } = process.env;

const worker = await Worker.create({
  taskQueue: DEMO_TASK_QUEUE,
  workflowsPath: fooBarWorkflowsPath,
  activities: createActivities({ release, ledger }),
  identity: `worker ${process.pid}, release ${release}`,
});
process.once('disconnect', () => process.exit(1));
process.send?.('ready');
await worker.run();
// The channel to the demo would keep us.
process.exit(0);
