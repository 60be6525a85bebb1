// See ../index.d.cts.
export * from '../dist/time.js';
