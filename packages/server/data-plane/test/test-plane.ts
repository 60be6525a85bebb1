/** A data plane over a store and a broker in memory, both of which can be made to fail. */
import { randomUUID } from 'node:crypto';
import { type LogMetadata, type Logger, silentLogger } from '@perdure/common';
import type { NamespaceCaller, StartWorkflowInput } from '@perdure/contract';
import type { HistoryEvent } from '@perdure/protocol';
import { concatBytes, decodeEvents } from '@perdure/protocol';
import { type MemoryStore, createMemoryStore } from '@perdure/store-memory';
import { type DataPlane, type DataPlaneParts, createDataPlane } from '../src/index.ts';
import { FaultyStore } from './faulty-store.ts';
import { MemoryBrokerBackend } from './memory-broker.ts';

/** The world that planes share. */
export class World {
  readonly memory: MemoryStore = createMemoryStore();
  readonly store = new FaultyStore(this.memory.executions);
  readonly brokers = new MemoryBrokerBackend();
  readonly planes: DataPlane[] = [];
  readonly errors: string[] = [];
  /** Moves the clock of every plane, in milliseconds. */
  skew = 0;

  /** A new server process, as it were. */
  start(parts: Partial<DataPlaneParts> = {}): DataPlane {
    const plane = createDataPlane({
      executions: this.store,
      visibility: this.memory.visibility,
      sessions: this.memory.sessions,
      letters: this.memory.letters,
      broker: this.brokers.connect(),
      clock: { now: () => Date.now() + this.skew },
      log: this.#log(),
      newRunId: () => randomUUID(),
      alone: true,
      activityGraceMs: 20,
      ...parts,
    });
    plane.start();
    this.planes.push(plane);
    return plane;
  }

  async close(): Promise<void> {
    await Promise.all(this.planes.map((plane) => plane.close()));
  }

  #log(): Logger {
    const error = (message: string, meta?: LogMetadata) =>
      void this.errors.push(`${message} ${JSON.stringify(meta ?? {})}`);
    return { ...silentLogger, error };
  }
}

/** Someone with a key of a namespace that takes plaintext. */
export function callerOf(namespaceId = 1, sealed = false): NamespaceCaller {
  const namespace = `namespace-${namespaceId}`;
  return { kind: 'namespace', namespaceId, namespace, sealed, apiKeyId: 'key' };
}

/** Input of a start; everything but the workflow id has a default. */
export function startInput(
  workflowId: string,
  options: Partial<StartWorkflowInput> = {},
): StartWorkflowInput {
  return {
    namespace: 'namespace-1',
    workflowId,
    workflowType: 'test',
    taskQueue: 'queue',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    requestId: randomUUID(),
    ...options,
  };
}

/** The stored history of a run, or of the current one. */
export async function historyOf(
  plane: DataPlane,
  workflowId: string,
  options: { runId?: string; caller?: NamespaceCaller } = {},
): Promise<HistoryEvent[]> {
  const { runId, caller = callerOf() } = options;
  const segments: Uint8Array[] = [];
  for (let fromEventId: number | undefined = 1; fromEventId !== undefined;) {
    const page = await plane.workflows.getHistory(
      caller,
      {
        namespace: caller.namespace,
        workflowId,
        runId,
        fromEventId,
        waitForClose: false,
        closeEventOnly: false,
      },
      undefined,
    );
    segments.push(page.events);
    fromEventId = page.nextEventId;
  }
  return decodeEvents(concatBytes(segments));
}

/** Types of a history's events. */
export function typesOf(events: readonly HistoryEvent[]): string[] {
  return events.map(({ eventType }) => eventType);
}
