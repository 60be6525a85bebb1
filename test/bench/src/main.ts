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
    else return await bench(options);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
}

/** @returns the exit code */
async function bench(options: BenchOptions): Promise<number> {
  const progress = createProgress();
  progress.phase('starting server, worker and client');
  const starting = startStand(options.profile);
  const interruption = closeOnSignal(starting);
  const stand = await starting;
  try {
    const run = await runBench(options, stand, progress);
    progress.end();
    process.stdout.write(options.json ? formatJson(run.report) : formatTable(run));
    return 0;
  } catch (error) {
    // What is being measured fails when its platform is closed under it.
    const code = interruption();
    if (code === undefined) throw error;
    return code;
  } finally {
    progress.end();
    await stand.close();
  }
}

/**
 * Stops what was started before the process ends of a signal; a second signal does not wait.
 *
 * @returns a function that tells the exit code once there has been a signal
 */
function closeOnSignal(starting: Promise<Stand>): () => number | undefined {
  let seen: number | undefined;
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const [signal, code] of Object.entries(signals)) {
    process.once(signal, () => {
      seen = code;
      const closed = starting.then((stand) => stand.close());
      void closed.catch(() => {}).finally(() => process.exit(code));
    });
  }
  return () => seen;
}
