/** What the worker of the benchmark can do. Trivial, so that what is measured is the platform. */
import { appendFileSync } from 'node:fs';
import { activityInfo, sleep } from '@perdure/activity';
import { formatExecution } from './measure/ledger.ts';

export async function foo(name: string): Promise<string> {
  return `foo ${name}`;
}

export async function bar(name: string): Promise<string> {
  return `bar ${name}`;
}

/** One more than it is given. */
export async function step(count: number): Promise<number> {
  return count + 1;
}

/** Like {@link foo}, but takes 50 ms and is written down when it begins. */
export async function slowFoo(name: string): Promise<string> {
  await beginSlow();
  return `foo ${name}`;
}

/** Like {@link bar}, but takes 50 ms and is written down when it begins. */
export async function slowBar(name: string): Promise<string> {
  await beginSlow();
  return `bar ${name}`;
}

async function beginSlow(): Promise<void> {
  const { workflowExecution, activityType, attempt } = activityInfo();
  const { workflowId } = workflowExecution;
  const execution = { workflowId, activityType, attempt, beganAt: Date.now() };
  // Written at once, so that a kill -9 loses nothing of it.
  appendFileSync(process.env['PERDURE_BENCH_LEDGER'] ?? '', formatExecution(execution));
  await sleep(50);
}
