/** Where the samples' workflows are, for programs of this repository that run them. */
import { fileURLToPath } from 'node:url';

/** Path of the module that exports `FooBar`; without an ending, so that sources do as well. */
export const fooBarWorkflowsPath = fileURLToPath(new URL('./foobar/workflows', import.meta.url));

export type { Order } from './foobar/activities.ts';
export { FooBar } from './foobar/workflows.ts';
