import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { cleanUp, newFolder, runCli, spawnCli } from './cli-process.ts';

const timeout = 180_000;

afterEach(cleanUp, timeout);

/** The temporary folders of demos under way, ours and others'. */
function demoFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('perdure-demo-'));
}

it('shows a workflow that survives everything, checks it, and clears up', { timeout }, async () => {
  const before = demoFolders();
  const { code, stdout, stderr } = await runCli(newFolder(), ['demo']);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  const story = [
    /the worker is gone/,
    /the server is gone/,
    /bar {2}attempt \d+ {2}next in \d+ s {2}last failure: the carrier wants a postal code/,
    /foo ran 1 time, bar \d+ times/,
    /FooBar {2}\({"customer":"ada-/,
    / 17 {2}.*WorkflowExecutionCompleted/,
    /perdure\.history, the batch with event 11/,
    /All of this was checked/,
    /Go on:/,
  ];
  let rest = stdout;
  for (const part of story) {
    expect(rest).toMatch(part);
    rest = rest.slice(rest.search(part));
  }
  expect(demoFolders().filter((name) => !before.includes(name))).toEqual([]);
});

it('clears up when it is stopped half-way', { timeout }, async () => {
  const before = demoFolders();
  const demo = spawnCli(newFolder(), ['demo']);
  let seen = '';
  demo.child.stdout!.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  while (!seen.includes('the worker is gone')) await sleep(50);
  demo.child.kill('SIGINT');
  const { code, stderr } = await demo.finished;
  expect(code).toBe(1);
  expect(stderr).toBe('error: The demo was stopped (SIGINT).\n');
  expect(demoFolders().filter((name) => !before.includes(name))).toEqual([]);
});
