import { Client, Connection } from '@perdure/client';
import { FooBar } from './workflows.ts';

const connection = await Connection.connect();
const client = new Client({ connection });

const order = { customer: 'Ada', item: 'layer cake' };
const result = await client.workflow.execute(FooBar, {
  taskQueue: 'foobar',
  workflowId: `order-${Date.now()}`,
  args: [order],
});
console.log(result);
await connection.close();
