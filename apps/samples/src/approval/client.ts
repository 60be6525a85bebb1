import { Client, Connection } from '@perdure/client';
import { decide, expense } from './workflows.ts';

const connection = await Connection.connect();
const client = new Client({ connection });

const handle = await client.workflow.start(expense, {
  taskQueue: 'approval',
  workflowId: `expense-${Date.now()}`,
  args: [{ employee: 'Ada', amount: 12_000 }],
});
await handle.signal(decide, true, 'Grace');
console.log(await handle.result());
await connection.close();
