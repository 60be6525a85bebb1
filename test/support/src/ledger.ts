/**
 * What really ran: a file to which activities append a line each time they are executed, in
 * whichever process. Lines are appended whole, and are there after a kill -9 of the writer.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** One execution of an activity. */
export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
  readonly activityType: string;
  readonly activityId: string;
  readonly attempt: number;
  readonly pid: number;
  /** When it began, in milliseconds since the Unix epoch. */
  readonly begunAt: number;
}

/** Facts of an attempt as `activityInfo()` gives them. */
interface AttemptInfo {
  readonly workflowExecution: { readonly workflowId: string; readonly runId: string };
  readonly activityType: string;
  readonly activityId: string;
  readonly attempt: number;
}

/** Notes that an attempt begins now. To be the first thing an activity does. */
export function noteExecution(file: string, info: AttemptInfo): void {
  const { activityType, activityId, attempt } = info;
  const { workflowId, runId } = info.workflowExecution;
  const facts = { workflowId, runId, activityType, activityId, attempt };
  const execution: Execution = { ...facts, pid: process.pid, begunAt: Date.now() };
  appendFileSync(file, `${JSON.stringify(execution)}\n`);
}

/** Every execution so far, in the order in which they began. */
export function readLedger(file: string): Execution[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Execution);
}
