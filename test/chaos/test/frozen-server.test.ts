/**
 * A server whose process freezes while another one shares its database: it keeps its sockets and
 * says nothing. Its clients and workers notice, the other server takes over what it led, and when it
 * wakes up with what it believed before, nothing is lost and nothing doubled.
 */
import { Stage, eventually, readLedger } from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { newLedger } from './crew.ts';
import { FooBars } from './foo-bars.ts';
import { logsOf, startSystem } from './system.ts';

const SHARE = 50;
/** Leases of worker sessions last 10 s. */
const FROZEN_MS = 13_000;
const FINISHED_WITHIN_MS = 60_000;
const slots = { maxConcurrentWorkflowTaskExecutions: 4, maxConcurrentActivityTaskExecutions: 6 };

it('a server freezes amid 150 FooBars, until its leases have run out', async () => {
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const place = { taskQueue: 'frozen', ledger: newLedger(stage) };
  const system = await startSystem(stage, 2, place, slots);
  onTestFailed(() => console.error(logsOf(system)));
  const [frozen] = system.servers;
  const load = new FooBars(system.clients, place);

  load.start(SHARE);
  await eventually(() => expect(readLedger(place.ledger).length).toBeGreaterThan(20));
  process.kill(frozen!.pid, 'SIGSTOP');
  load.start(SHARE);
  await sleep(FROZEN_MS);
  process.kill(frozen!.pid, 'SIGCONT');
  load.start(SHARE);

  await load.finish(FINISHED_WITHIN_MS);
  expect(await load.flaws()).toEqual([]);
  expect(system.workers[0]!.log).toContain('has not been heard');
});
