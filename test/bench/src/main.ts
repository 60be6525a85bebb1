/**
 * `npm run bench`: how fast and how frugal the platform is on this machine, floors beside figures
 * (blueprint, How fast). Progress goes to stderr, the report to stdout. A figure that misses its gate
 * is marked and is no error: the exit code tells whether everything could be measured.
 */
import { type BenchOptions, UsageError, parseOptions, usage } from './options.ts';
import { createProgress } from './progress.ts';
import { formatJson, formatTable } from './report/print.ts';
import { runBench } from './run-bench.ts';
import { type Stand, startStand } from './stand.ts';
import { workloadIds } from './workloads/all.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args, workloadIds);
    if (options === 'help') process.stdout.write(usage);
    else await bench(options);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function bench(options: BenchOptions): Promise<void> {
  const progress = createProgress();
  progress.phase('starting server, worker and client');
  const stand = await startStand(options.profile);
  const forget = closeOnSignal(stand);
  try {
    const run = await runBench(options, stand, progress);
    progress.end();
    process.stdout.write(options.json ? formatJson(run.report) : formatTable(run));
  } finally {
    progress.end();
    await stand.close();
    forget();
  }
}

/** Stops what was started before the process ends of a signal. */
function closeOnSignal(stand: Stand): () => void {
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const listeners = Object.entries(signals).map(([signal, code]) => {
    const listener = (): void => void stand.close().finally(() => process.exit(code));
    process.once(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
}
