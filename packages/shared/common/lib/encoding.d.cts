// See ../index.d.cts.
export * from '../dist/encoding.js';
