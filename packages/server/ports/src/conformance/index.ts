/** One suite per port. An adapter's test calls it with a way to make its backend. */
export * from './task-broker.ts';
