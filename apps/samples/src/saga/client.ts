import { Client, Connection, WorkflowFailedError, rootCause } from '@perdure/client';
import { bookTrip } from './workflows.ts';

const connection = await Connection.connect();
const client = new Client({ connection });

const book = (price: number) =>
  client.workflow.execute(bookTrip, {
    taskQueue: 'saga',
    workflowId: `trip-${price}-${Date.now()}`,
    args: [{ customer: 'Ada', to: 'Lisbon', price }],
  });

console.log(await book(900));
try {
  await book(1_900);
} catch (error) {
  if (!(error instanceof WorkflowFailedError)) throw error;
  // In between are the workflow's failure and the activity's.
  console.log(`not booked: ${rootCause(error.cause)}`);
}
await connection.close();
