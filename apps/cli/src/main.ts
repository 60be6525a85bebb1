/** What the `perdure` binary runs. */
import { runCli } from './cli.ts';

await runCli(process.argv);
