/**
 * What activities have really done, in a file that survives the kill of their worker: one line for
 * each execution, written as it begins.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One execution of one activity. */
export interface Execution {
  readonly workflowId: string;
  readonly activityType: string;
  readonly attempt: number;
  /** Milliseconds since the Unix epoch. */
  readonly beganAt: number;
}

export interface Ledger {
  /** Of a file that the first line makes. */
  readonly path: string;
  read(): Execution[];
  remove(): void;
}

export function createLedger(): Ledger {
  const path = join(tmpdir(), `perdure-bench-${randomBytes(6).toString('hex')}.ledger`);
  return {
    path,
    read: () => readLines(path).map(parseExecution),
    remove: () => rmSync(path, { force: true }),
  };
}

/** The line of an execution. */
export function formatExecution(execution: Execution): string {
  return `${JSON.stringify(execution)}\n`;
}

function parseExecution(line: string): Execution {
  return JSON.parse(line) as Execution;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch (error) {
    // Before the first line there is no file.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
