/**
 * The engine: pure decisions about one run. No I/O, no clock, no randomness; time and ids come in
 * as arguments, so that every decision can be repeated in a test.
 */
export type * from './command.ts';
export type * from './decision.ts';
export type * from './state/execution-state.ts';
