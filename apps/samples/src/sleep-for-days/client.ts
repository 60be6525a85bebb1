import { Client, Connection } from '@perdure/client';
import { closeAccount, monthlyStatements } from './workflows.ts';

const connection = await Connection.connect();
const client = new Client({ connection });

const handle = await client.workflow.start(monthlyStatements, {
  taskQueue: 'sleep-for-days',
  workflowId: `statements-${Date.now()}`,
  args: ['ada@example.com'],
});
console.log(`${handle.workflowId} sleeps between statements; closing the account`);
await handle.signal(closeAccount);
console.log(`statements sent: ${await handle.result()}`);
await connection.close();
