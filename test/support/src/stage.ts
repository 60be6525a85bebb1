/**
 * What a test has started, to be ended whatever becomes of the test: last started first, each in a
 * bounded time, and children of this process killed when it exits with the stage still open.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longest wait for one part, in milliseconds; a part that takes longer fails the clean-up. */
const PART_ENDS_WITHIN_MS = 15_000;

interface Part {
  readonly name: string;
  readonly end: () => unknown;
}

/** See the module comment. */
export class Stage {
  readonly #parts: Part[] = [];

  /** Adds a part that has just been started. */
  add(name: string, end: () => unknown): void {
    this.#parts.push({ name, end });
  }

  /** A new directory, removed at the end. */
  temporaryDirectory(): string {
    const path = mkdtempSync(join(tmpdir(), 'perdure-test-'));
    this.add(`directory ${path}`, () => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  /**
   * Ends every part. All are tried; a second call does nothing.
   *
   * @throws AggregateError when parts failed or took too long
   */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const { name, end } of this.#parts.splice(0).toReversed()) {
      await inTime(name, end).catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
  }
}

async function inTime(name: string, end: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `'${name}' did not end within ${PART_ENDS_WITHIN_MS} ms`;
    timer = setTimeout(() => reject(new Error(message)), PART_ENDS_WITHIN_MS);
  });
  try {
    await Promise.race([end(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Sees to it that a child does not outlive this process. */
export function endWithThisProcess(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}
