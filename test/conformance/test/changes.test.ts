/** Scenarios 64–66: patches, what a workflow says of itself, what is random in it. */
import type { WorkflowHandle } from '@perdure/client';
import { bundleOf, eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { DeterminismViolationError } from '@perdure/workflow';
import { Worker } from '@perdure/worker';
import { expect } from 'vitest';
import { historyOf, pathOf, shape, useFixture } from './fixture.ts';

const fixture = useFixture('changes');
const { scenario } = fixture;

/** Replays a run with the code of another module. */
async function replay(handle: WorkflowHandle, workflows: string): Promise<void> {
  const { namespace, connection } = fixture.env;
  const workflowBundle = await bundleOf(pathOf(workflows));
  const { keyRing } = connection.defaults;
  const history = await handle.fetchHistory();
  await Worker.runReplayHistory({ workflowBundle, namespace, keyRing }, history, handle.workflowId);
}

/** The time that the first timer takes tells which path a run is on. */
async function waitsFor(handle: WorkflowHandle, hours: number): Promise<void> {
  await eventually(async () => {
    const [timer] = eventsOf(await historyOf(handle), 'TimerStarted');
    expect(timer?.attributes.startToFireTimeoutMs).toBe(hours * 3_600_000);
  });
}

scenario('64: a new run takes the new path, and marks it', async ({ start }) => {
  const handle = await start('changes');
  await waitsFor(handle, 2);
  await handle.signal('go');
  expect(await handle.result()).toBe('new path');
  expect(await shape(handle)).toBe('S T M SA Tm+ Sig T Tm! T OK');
  const events = await historyOf(handle);
  expect(eventsOf(events, 'MarkerRecorded')[0]?.attributes.markerName).toBe('core_patch');
  const { searchAttributes } = await handle.describe();
  expect(searchAttributes).toEqual({ TemporalChangeVersion: ['new-path'] });
});

scenario(
  '64: a run that passed before the change stays on the old path',
  async ({ start, whileServedBy }) => {
    const handle = await start('changes');
    await whileServedBy('changes-before', () => waitsFor(handle, 1));
    await whileServedBy('changes', async () => {
      await handle.signal('go');
      expect(await handle.result()).toBe('old path');
    });
    expect(await shape(handle)).toBe('S T Tm+ Sig T Tm! T OK');
    expect(eventsOf(await historyOf(handle), 'MarkerRecorded')).toEqual([]);
  },
  false,
);

scenario('64: a patch taken away too early is nondeterminism', async ({ start }) => {
  const handle = await start('changes');
  await waitsFor(handle, 2);
  await handle.signal('go');
  await handle.result();
  const error = await rejectionOf(replay(handle, 'changes-after'));
  expect(error).toBeInstanceOf(DeterminismViolationError);
  expect(error.message).toContain('[TMPRL1100] Nondeterminism error: ');
});

scenario('64: a deprecated patch may be taken away', async ({ start }) => {
  const handle = await start('deprecates');
  expect(await handle.result()).toBe('new path');
  expect(await shape(handle)).toBe('S T M SA Tm+ Tm! T OK');
  await replay(handle, 'changes-after');
});

scenario('64: the answer of a run never changes, and is marked once', async ({ start }) => {
  const handle = await start('asksAgain');
  expect(await handle.result()).toEqual([true, true]);
  expect(await shape(handle)).toBe('S T M SA Tm+ Tm! T OK');
});

scenario('64: a list of patches that is too long is not written', async ({ start }) => {
  // About a hundred bytes each, of 2 KiB.
  const handle = await start('passesPatches', [22]);
  await handle.result();
  expect(await shape(handle)).toBe(`S T${' M SA'.repeat(20)} M M OK`);
});

scenario('65: memo and search attributes are an event a call, and no task', async ({ start }) => {
  const handle = await start('saysOfItself');
  expect(await handle.result()).toEqual({ note: 'second' });
  expect(await shape(handle)).toBe('S T WP SA WP OK');
  const { memo, searchAttributes } = await handle.describe();
  expect(memo).toEqual({ note: 'second' });
  expect(searchAttributes).toEqual({ Place: ['here'] });
});

const told: string[] = [];

scenario(
  '66: what is random comes from the run, and sinks leave no trace',
  async ({ start, env }) => {
    told.length = 0;
    const handle = await start('random');
    const [first, second] = (await handle.result()) as [unknown[], unknown[]];
    expect(new Set([...first, ...second]).size).toBe(6);
    expect(second[2]).toBeGreaterThanOrEqual((first[2] as number) + 3_600_000);
    expect(second[2]).toBeLessThanOrEqual(await env.currentTimeMs());
    expect(told).toEqual(['before', 'after']);
    expect(await shape(handle)).toBe('S T Tm+ Tm! T OK');
  },
  { sinks: { notes: { add: { fn: (_, text: string) => void told.push(text) } } } },
);
