/**
 * A network that resets every connection five times a second, between the server and both a client
 * and a worker: nothing is lost, nothing doubled, and no call fails.
 */
import { Stage, TcpProxy, clientOf, startPlatform } from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { Collections } from './collections.ts';
import { newLedger, startCrew } from './crew.ts';
import { FooBars } from './foo-bars.ts';

const COUNT = 50;
const BATCH = 5;
const SIGNALS_EACH = 10;
const CUT_EVERY_MS = 200;
const FINISHED_WITHIN_MS = 60_000;

it('loses and doubles nothing while connections are cut five times a second', async () => {
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const platform = await startPlatform(stage);
  onTestFailed(() => console.error(platform.log()));
  const [ofClient, ofWorker] = [
    await TcpProxy.to(stage, platform.address),
    await TcpProxy.to(stage, platform.address),
  ];
  const place = { taskQueue: 'flaky', ledger: newLedger(stage) };
  await startCrew(stage, { ...platform, address: ofWorker.address }, place);
  const client = await clientOf(stage, { ...platform, address: ofClient.address });
  const load = new FooBars([client], place);
  const collections = await Collections.start(client, place.taskQueue, COUNT / SIGNALS_EACH);

  // Half a beat apart: now the one, now the other, is away.
  const cuts = setInterval(() => ofClient.cut(), CUT_EVERY_MS);
  await sleep(CUT_EVERY_MS / 2);
  const otherCuts = setInterval(() => ofWorker.cut(), CUT_EVERY_MS);
  onTestFinished(() => {
    clearInterval(cuts);
    clearInterval(otherCuts);
  });

  const signals = collections.send(0, SIGNALS_EACH, CUT_EVERY_MS / 2);
  while (load.count < COUNT) {
    load.start(BATCH);
    await sleep(CUT_EVERY_MS);
  }
  expect(await signals).toBe(0);
  await load.finish(FINISHED_WITHIN_MS);
  expect(load.repeatedStarts).toBe(0);
  for (const proxy of [ofClient, ofWorker]) expect(proxy.cuts).toBeGreaterThan(COUNT / BATCH / 2);

  expect(await collections.flaws()).toEqual([]);
  expect(await load.flaws()).toEqual([]);
});
