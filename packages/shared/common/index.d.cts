// What CommonJS programs see: TypeScript before 5.8 does not let them name an ES module's types.
export * from './dist/index.js';
