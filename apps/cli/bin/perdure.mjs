#!/usr/bin/env node
/** The `perdure` binary: starts the compiled program, or says how to compile it. */
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('perdure is not built yet: run `npm run build` in the root of the repository.');
  process.exitCode = 1;
}
