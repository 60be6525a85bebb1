/**
 * The benchmark as a program: it measures, prints one JSON object, and leaves no process behind.
 * How fast anything was is not asked.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { BenchReport } from '../src/results.ts';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

async function bench(...args: string[]): Promise<Outcome> {
  try {
    const output = await promisify(execFile)(process.execPath, [program, ...args]);
    return { ...output, code: 0 };
  } catch (error) {
    return error as Outcome;
  }
}

describe('the benchmark', () => {
  test('prints one JSON object with floors and the figures that were asked for', async () => {
    const { stdout, stderr, code } = await bench('--only', 'W8,W1', '--seconds', '1', '--json');
    expect(code, stderr).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const { floors, results } = JSON.parse(stdout) as BenchReport;
    expect(positiveFields(floors)).toEqual(['commitMs', 'wsMs']);
    expect(Object.keys(results)).toEqual(['W1', 'W8']);
    expect(positiveFields(results.W1)).toEqual(['p50Ms', 'p95Ms']);
    expect(positiveFields(results.W8)).toEqual([
      'commitsPerFooBar',
      'walBytesPerFooBar',
      'commitsPerStep',
      'walBytesPerStep',
    ]);
    expect(stderr).toContain('W8');
  }, 180_000);

  test('says what is wrong with a command line', async () => {
    const { stdout, stderr, code } = await bench('--only', 'W1,W9');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('got W9');
  }, 30_000);
});

/** Names of the fields that hold a finite number above 0. */
function positiveFields(object: object | undefined): string[] {
  return Object.entries(object ?? {})
    .filter(([, value]) => typeof value === 'number' && Number.isFinite(value) && value > 0)
    .map(([name]) => name);
}
