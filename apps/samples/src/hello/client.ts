import { Client, Connection } from '@perdure/client';
import { hello } from './workflows.ts';

const connection = await Connection.connect();
const client = new Client({ connection });

const greeting = await client.workflow.execute(hello, {
  taskQueue: 'hello',
  workflowId: `hello-${Date.now()}`,
  args: [process.argv[2] ?? 'world'],
});
console.log(greeting);
await connection.close();
