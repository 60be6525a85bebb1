/**
 * Proves the layer checks: each rule of the house is broken once, in a copy of the repository, and
 * the check that guards it must fail and name the file.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RepositoryCopy } from './repository-copy.ts';

const engine = 'packages/server/engine';
const workflow = 'packages/sdk/workflow';

let copy: RepositoryCopy;

beforeAll(async () => {
  copy = await RepositoryCopy.create();
});
afterEach(() => copy.restore());
afterAll(() => copy.remove());

describe('imports between packages (check:layers)', () => {
  test('the repository as it is passes', async () => {
    const { exitCode, output } = await copy.check('check:layers');
    expect(output).toContain('no issues found');
    expect(exitCode).toBe(0);
  });

  test('the engine cannot import a store', async () => {
    await copy.append(`${engine}/src/index.ts`, "import '@perdure/store-postgres';");
    const { exitCode, output } = await copy.check('check:layers');
    expect(output).toContain('cannot import package `@perdure/store-postgres`');
    expect(output).toContain(`${engine}/src/index.ts`);
    expect(exitCode).not.toBe(0);
  });

  test('the engine cannot reach a store by path', async () => {
    await copy.append(`${engine}/src/index.ts`, "import '../../store-postgres/src/index.ts';");
    const { exitCode, output } = await copy.check('check:layers');
    expect(output).toContain('leaves the package');
    expect(output).toContain(`${engine}/src/index.ts`);
    expect(exitCode).not.toBe(0);
  });

  test('the client cannot import the engine, not even its types', async () => {
    const file = 'packages/sdk/client/src/index.ts';
    await copy.append(file, "export type * as engine from '@perdure/engine';");
    const { exitCode, output } = await copy.check('check:layers');
    expect(output).toContain('cannot import package `@perdure/engine`');
    expect(output).toContain(file);
    expect(exitCode).not.toBe(0);
  });

  test('declaring the dependency does not help: tags say who may depend on whom', async () => {
    await copy.declare('packages/server/control-plane', '@perdure/data-plane');
    const { exitCode, output } = await copy.check('check:layers');
    expect(output).toContain('`@perdure/data-plane` found without any tag listed in allowlist');
    expect(exitCode).not.toBe(0);
  });
});

describe('what pure code may touch (check:lint)', () => {
  test('engine and workflow pass as they are', async () => {
    const { exitCode } = await copy.check('check:lint', engine, workflow);
    expect(exitCode).toBe(0);
  });

  test('a clock, randomness, timers and Node built-ins are refused with what to do instead', async () => {
    await copy.append(`${engine}/src/index.ts`, 'export const startedAt = Date.now();');
    await copy.append(`${engine}/src/index.ts`, "export * as files from 'node:fs';");
    await copy.append(`${workflow}/src/index.ts`, 'export const lucky = Math.random() > 0.5;');
    await copy.append(`${workflow}/src/index.ts`, 'export const timer = setTimeout(() => {}, 1);');
    const { exitCode, output } = await copy.check('check:lint', engine, workflow);
    expect(output).toContain("Unexpected use of 'Date'");
    expect(output).toContain('No clock here: take `now`');
    expect(output).toContain("'node:fs' import is restricted");
    expect(output).toContain(`${engine}/src/index.ts`);
    expect(output).toContain("'Math.random' is restricted");
    expect(output).toContain("Unexpected use of 'setTimeout'");
    expect(output).toContain(`${workflow}/src/index.ts`);
    expect(exitCode).not.toBe(0);
  });
});
