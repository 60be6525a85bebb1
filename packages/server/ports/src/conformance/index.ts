/** One suite per port. An adapter's test calls it with a way to make its backend. */
export * from './control-store.ts';
export * from './execution-store.ts';
export * from './letter-store.ts';
export * from './lost-updates.ts';
export * from './session-store.ts';
export * from './stores.ts';
export * from './task-broker.ts';
export * from './visibility-store.ts';
