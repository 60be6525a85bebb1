import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Plugin, transform } from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import { WorkflowBundleError, bundleWorkflowCode } from '../src/sandbox/bundle.ts';
import { sandboxHere } from '../src/sandbox/load-sandbox.ts';
import { DrivenRun, workflowsPath } from './sandbox-driver.ts';

async function bundleProblem(name: string): Promise<string> {
  const error: unknown = await bundleWorkflowCode({
    workflowsPath: workflowsPath(`refused/${name}`),
  }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkflowBundleError);
  return (error as Error).message;
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-bundle-'));
  folders.push(folder);
  return folder;
}

async function workflowFile(name: string, code: string): Promise<string> {
  const path = join(await newFolder(), name);
  await writeFile(path, code);
  return path;
}

it('refuses Node built-ins by file and line, wherever they are imported', async () => {
  const message = await bundleProblem('builtin');
  expect(message).toMatch(
    /inner\.ts:2:\d+: workflow code may not import "node:fs": it is a Node built-in\. Use it in an activity/,
  );
  expect(message).toMatch(/inner\.ts:4:\d+: workflow code may not import "crypto"/);
});

it('refuses packages of the host', async () => {
  expect(await bundleProblem('host-package')).toMatch(
    /host-package\.ts:1:\d+: workflow code may not import "@perdure\/client": it runs outside/,
  );
});

it('lets types of host code through', async () => {
  const path = workflowsPath('refused/types-only');
  const sandbox = await sandboxHere(await bundleWorkflowCode({ workflowsPath: path }));
  expect(sandbox.workflowTypes).toEqual(['wf']);
});

it('makes ignored modules empty', async () => {
  const workflowsFile = workflowsPath('refused/builtin');
  const options = { workflowsPath: workflowsFile, ignoreModules: ['fs', 'crypto'] };
  const sandbox = await sandboxHere(await bundleWorkflowCode(options));
  expect(sandbox.workflowTypes).toEqual(['wf']);
});

it('does what esbuild is told, and says what to tell it instead of webpack', async () => {
  const library = await workflowFile('library.js', 'export const rate = RATE;');
  const code = `import { rate } from 'rates'; import { readFileSync } from 'fs';
    export const wf = async () => [rate, readFileSync()];`;
  const workflowsFile = await workflowFile('a.mjs', code);
  const empty: Plugin = {
    name: 'fs-for-workflows',
    setup(build) {
      build.onResolve({ filter: /^fs$/ }, () => ({ path: 'fs', namespace: 'stand-in' }));
      const contents = 'export const readFileSync = () => "nothing";';
      build.onLoad({ filter: /.*/, namespace: 'stand-in' }, () => ({ contents }));
    },
  };
  const bundle = await bundleWorkflowCode({
    workflowsPath: workflowsFile,
    esbuildOptions: { alias: { rates: library }, define: { RATE: '7' }, plugins: [empty] },
  });
  const run = new DrivenRun(await sandboxHere(bundle), 'wf');
  expect(await run.start()).toMatchObject([{ result: [[7, 'nothing']] }]);
  const webpackConfigHook = (config: object) => config;
  await expect(
    bundleWorkflowCode({ workflowsPath: workflowsFile, webpackConfigHook }),
  ).rejects.toThrow(/webpackConfigHook is refused.*esbuildOptions/);
});

it('takes JavaScript, ESM and CommonJS', async () => {
  for (const [name, code] of [
    [
      'a.mjs',
      'import { sleep } from "@perdure/workflow"; export const wf = async () => typeof sleep;',
    ],
    [
      'b.cjs',
      'const { sleep } = require("@perdure/workflow"); exports.wf = async () => typeof sleep;',
    ],
  ] as const) {
    const bundle = await bundleWorkflowCode({ workflowsPath: await workflowFile(name, code) });
    const sandbox = await sandboxHere(bundle);
    expect(await new DrivenRun(sandbox, 'wf').start()).toMatchObject([{ result: ['function'] }]);
  }
});

it('takes a folder with an index file, and a path without its ending', async () => {
  const code = 'export async function wf(): Promise<string> { return "found"; }';
  const path = join(await newFolder(), 'workflows', 'index.ts');
  await mkdir(dirname(path));
  await writeFile(path, code);
  for (const workflowsFile of [dirname(path), path.slice(0, -3)]) {
    const bundle = await bundleWorkflowCode({ workflowsPath: workflowsFile });
    expect((await sandboxHere(bundle)).workflowTypes).toEqual(['wf']);
  }
});

it('names the TypeScript of JavaScript that was compiled from it', async () => {
  const typescript = `
interface Order { id: string }

export async function wf(order: Order): Promise<void> {
  throw new Error(order.id);
}`;
  const compiled = await transform(typescript, {
    loader: 'ts',
    sourcemap: 'inline',
    sourcefile: 'original.ts',
    minifyWhitespace: true,
  });
  const path = await workflowFile('compiled.js', compiled.code);
  const sandbox = await sandboxHere(await bundleWorkflowCode({ workflowsPath: path }));
  const { stackTrace } = await new DrivenRun(sandbox, 'wf', [{ id: 'o-1' }]).failStart();
  expect(stackTrace).toMatch(/original\.ts:5:9/);
});

it('without a source map, stack traces name the bundle', async () => {
  const { code } = await bundleWorkflowCode({ workflowsPath: workflowsPath('errors') });
  const { stackTrace } = await new DrivenRun(
    await sandboxHere({ code }),
    'throwsSynchronously',
  ).failStart();
  expect(stackTrace).toMatch(/at refuse \(perdure:workflow-bundle:\d+:\d+\)/);
});

it('a promise that the top level leaves behind is seen by the run, not by the loading', async () => {
  const code = `
    import { uuid4, workflowInfo } from '@perdure/workflow';
    let seen: string | undefined;
    void Promise.resolve().then(() => { seen = uuid4() + workflowInfo().runId; });
    export async function wf() { await Promise.resolve(); return seen?.slice(36); }`;
  const path = await workflowFile('top.ts', code);
  const sandbox = await sandboxHere(await bundleWorkflowCode({ workflowsPath: path }));
  expect(await new DrivenRun(sandbox, 'wf').start()).toMatchObject([{ result: ['run-1'] }]);
});

it('takes code that declares names of the module wrapper', async () => {
  const code = 'const global = 1, module2 = 2; export const wf = async () => global + module2;';
  const path = await workflowFile('names.ts', code);
  const sandbox = await sandboxHere(await bundleWorkflowCode({ workflowsPath: path }));
  expect(await new DrivenRun(sandbox, 'wf').start()).toMatchObject([{ result: [3] }]);
});

it('lets the default export stand in for types that have no export', async () => {
  const code = `
    import { workflowInfo } from '@perdure/workflow';
    export default async (...args: unknown[]) => [workflowInfo().workflowType, ...args];`;
  const path = await workflowFile('default.ts', code);
  const sandbox = await sandboxHere(await bundleWorkflowCode({ workflowsPath: path }));
  expect(await new DrivenRun(sandbox, 'anything', [1]).start()).toMatchObject([
    { result: [['anything', 1]] },
  ]);
});

it('names the place of a syntax error, and a file that is not there', async () => {
  const path = await workflowFile('broken.ts', 'export const wf = async () => {\n  const = 1;\n};');
  await expect(bundleWorkflowCode({ workflowsPath: path })).rejects.toThrow(/broken\.ts:2:\d+: /);
  await expect(bundleWorkflowCode({ workflowsPath: '/nowhere/workflows.ts' })).rejects.toThrow(
    'the workflows of /nowhere/workflows.ts cannot be bundled',
  );
});

it('a bundle whose top level throws, calls the workflow API or exports nothing is no sandbox', async () => {
  const load = async (code: string): Promise<unknown> => {
    const path = await workflowFile('top.ts', code);
    return sandboxHere(await bundleWorkflowCode({ workflowsPath: path }));
  };
  await expect(load("\nthrow new Error('at load');\nexport const wf = 1;")).rejects.toThrow(
    /the workflow bundle cannot be loaded: Error: at load\n.*top\.ts:2:/,
  );
  await expect(
    load(
      "import { sleep } from '@perdure/workflow'; await0(sleep(1)); function await0(_: unknown) {}",
    ),
  ).rejects.toThrow('sleep() cannot be used before the workflow starts');
  await expect(load('export const notAFunction = 1;')).rejects.toThrow('exports no function');
});
