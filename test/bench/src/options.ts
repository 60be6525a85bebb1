/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import type { WorkloadId } from './results.ts';

export interface BenchOptions {
  /** In the order in which they run. */
  readonly only: readonly WorkloadId[];
  /** Print one JSON object and nothing else on stdout. */
  readonly json: boolean;
  /** Longest time in which a workload takes samples. */
  readonly seconds: number;
  /** Where the server and the worker leave CPU profiles. */
  readonly profile: string | undefined;
}

/** A command line that cannot be right; the message says what would be. */
export class UsageError extends Error {}

export const usage = `Usage: npm run bench -- [--only W1,W2,…] [--json] [--seconds N] [--profile DIR]

  --only W1,W2,…  run these workloads (default: all)
  --json          print one JSON object; without it, a table for people
  --seconds N     each workload takes samples for at most N seconds (default 30), however few they
                  are; what it waits for beside (W6 and W8: for things to settle) is not cut short
  --profile DIR   write CPU profiles of the server and the worker there
`;

/** @throws UsageError */
export function parseOptions(
  args: readonly string[],
  workloads: readonly WorkloadId[],
): BenchOptions | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) {
    throw new UsageError(`--seconds must be a number above 0; got ${values.seconds}`);
  }
  const { json, profile } = values;
  return { only: choose(values.only, workloads), json, seconds, profile };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        seconds: { type: 'string', default: '30' },
        profile: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function choose(only: string | undefined, workloads: readonly WorkloadId[]): readonly WorkloadId[] {
  if (only === undefined) return workloads;
  const wanted = only.split(',').map((id) => id.trim().toUpperCase());
  const known: readonly string[] = workloads;
  const unknown = wanted.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    const all = [...workloads].sort().join(', ');
    throw new UsageError(`--only takes workloads out of ${all}; got ${unknown.join(', ')}`);
  }
  return workloads.filter((id) => wanted.includes(id));
}
