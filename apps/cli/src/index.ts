/** The `perdure` binary, for programs that start it in their own process. */
export { createProgram, runCli } from './cli.ts';
