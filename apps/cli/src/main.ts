/** What the `perdure` binary runs. */
import { runCli } from './cli.ts';

const exitCode = await runCli(process.argv);
// What a failed command leaves open must not keep it.
if (exitCode !== 0) process.exit(exitCode);
