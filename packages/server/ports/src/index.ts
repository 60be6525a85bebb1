/**
 * What the planes need from the outside world, in domain words: no SQL, no Redis, no connections.
 * Each port has a conformance suite under `@perdure/ports/conformance` that every adapter passes.
 */
export * from './control-store.ts';
export * from './execution-store.ts';
export * from './letter-store.ts';
export * from './session-store.ts';
export * from './shard.ts';
export * from './task-broker.ts';
export * from './timers.ts';
export * from './visibility-store.ts';
