import { Client, Connection, WorkflowUpdateFailedError } from '@perdure/client';
import { add, cart, checkOut, items } from './workflows.ts';

const connection = await Connection.connect();
const client = new Client({ connection });

const handle = await client.workflow.start(cart, {
  taskQueue: 'cart',
  workflowId: `cart-${Date.now()}`,
});
console.log(`tea: ${await handle.executeUpdate(add, { args: ['tea', 2] })}`);
console.log(`tea: ${await handle.executeUpdate(add, { args: ['tea', 1] })}`);
await handle.executeUpdate(add, { args: ['milk', 0] }).catch((error: unknown) => {
  if (!(error instanceof WorkflowUpdateFailedError)) throw error;
  console.log(`refused: ${error.cause?.message}`);
});
console.log(await handle.query(items));
await handle.executeUpdate(checkOut);
console.log(await handle.result());
await connection.close();
