import { Client, Connection } from '@perdure/client';
import { batch } from './workflows.ts';

const connection = await Connection.connect();
const client = new Client({ connection });

// Follows the batch from run to run.
const sum = await client.workflow.execute(batch, {
  taskQueue: 'batch',
  workflowId: `batch-${Date.now()}`,
});
console.log(`sum of squares: ${sum}`);
await connection.close();
