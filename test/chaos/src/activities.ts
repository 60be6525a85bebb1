/**
 * The activities of the chaos tests, for worker processes. Each execution is noted in the ledger
 * that the environment names, before anything else.
 */
import { activityInfo, sleep } from '@perdure/activity';
import { noteExecution } from '@perdure/test-support';

/** Environment variable with the path of the ledger. */
export const LEDGER_VARIABLE = 'PERDURE_TEST_LEDGER';

const SHORTEST_MS = 5;
const LONGEST_MS = 30;

/** Takes 5 to 30 ms. */
export async function foo(input: string): Promise<string> {
  await work();
  return `foo(${input})`;
}

/** Takes 5 to 30 ms. */
export async function bar(input: string): Promise<string> {
  await work();
  return `bar(${input})`;
}

async function work(): Promise<void> {
  const ledger = process.env[LEDGER_VARIABLE];
  if (ledger === undefined) throw new Error(`wanted a path in ${LEDGER_VARIABLE}; it is not set`);
  noteExecution(ledger, activityInfo());
  await sleep(SHORTEST_MS + Math.random() * (LONGEST_MS - SHORTEST_MS));
}
