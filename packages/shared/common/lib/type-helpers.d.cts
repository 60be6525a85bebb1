// See ../index.d.cts.
export * from '../dist/type-helpers.js';
