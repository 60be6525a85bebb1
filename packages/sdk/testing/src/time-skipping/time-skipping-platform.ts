/**
 * The real data plane, control plane and gateway in this process, on stores in memory and a clock
 * that jumps. Loaded when an environment needs it: other environments do without.
 */
import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@perdure/common';
import { createControlPlane } from '@perdure/control-plane';
import { type DataPlane, createDataPlane } from '@perdure/data-plane';
import { startGateway } from '@perdure/gateway';
import { MemoryBrokerBackend, createMemoryStore } from '@perdure/store-memory';
import type { OwnPlatform } from '../test-platform.ts';
import { TimeKeeper } from './time-keeper.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Starts a platform of its own; nothing is shared with another. */
export async function startTimeSkippingPlatform(settings: {
  readonly namespace: string;
  readonly sealed: boolean;
  readonly log: Logger;
}): Promise<OwnPlatform> {
  const { namespace, sealed, log } = settings;
  const clock = new VirtualClock();
  const keeper = new TimeKeeper(clock);
  const store = createMemoryStore({ onWritten: (execution) => keeper.written(execution) });
  const machineClock: Clock = { now: () => Date.now() };
  const controlPlane = createControlPlane({ store: store.control, clock: machineClock });
  await controlPlane.control.createNamespace({ name: namespace, sealed });
  const { key } = await controlPlane.control.createApiKey({ namespace, label: 'test' });
  const broker = new MemoryBrokerBackend().connect();
  const dataPlane = createDataPlane({
    executions: store.executions,
    visibility: store.visibility,
    sessions: store.sessions,
    letters: store.letters,
    broker,
    clock,
    timers: clock,
    log,
    newRunId: () => randomUUID(),
    alone: true,
    // A commit to memory costs less than the wait for a task's answer.
    holdStartsMs: 0,
  });
  dataPlane.start();
  const watched = watchingResults(dataPlane, keeper);
  const gateway = await startGateway({ dataPlane: watched, controlPlane, clock, log, port: 0 });
  return {
    address: `${gateway.host}:${gateway.port}`,
    apiKey: key,
    now: () => clock.now(),
    sleep: (ms, attempt) => keeper.sleep(ms, attempt),
    async close() {
      keeper.close();
      await gateway.close();
      await dataPlane.close();
      await broker.close();
      clock.close();
    },
  };
}

/** Whoever waits for a run to close waits for its result. */
function watchingResults(dataPlane: DataPlane, keeper: TimeKeeper): DataPlane {
  const { workflows } = dataPlane;
  return {
    ...dataPlane,
    workflows: {
      ...workflows,
      getHistory(caller, input, signal) {
        const answer = workflows.getHistory(caller, input, signal);
        return input.waitForClose ? keeper.whileAwaited(input.workflowId, answer) : answer;
      },
    },
  };
}
