/** Worker processes that run the workflows of this package and note what they execute. */
import { type KeyRing, formatKeyRing } from '@perdure/data-converter';
import { type PlatformAccess, type Stage, WorkerProcess, bundleOf } from '@perdure/test-support';
import type { WorkerOptions } from '@perdure/worker';
import { fileURLToPath } from 'node:url';
import { LEDGER_VARIABLE } from '../src/activities.ts';

const activitiesPath = fileURLToPath(new URL('../dist/activities.js', import.meta.url));
const workflowsPath = fileURLToPath(new URL('../src/workflows.ts', import.meta.url));

/** Where a worker works, and where it notes what it executes. */
export interface CrewPlace {
  readonly taskQueue: string;
  /** Path of the ledger. */
  readonly ledger: string;
}

/** A path for a ledger; removed with the stage. */
export function newLedger(stage: Stage): string {
  return `${stage.temporaryDirectory()}/ledger`;
}

/** Starts a worker process. */
export async function startCrew(
  stage: Stage,
  platform: PlatformAccess,
  { taskQueue, ledger }: CrewPlace,
  options: Partial<WorkerOptions> = {},
): Promise<WorkerProcess> {
  return WorkerProcess.start(stage, platform, {
    taskQueue,
    keyring: inlineOf(platform.keyRing),
    activitiesPath,
    env: { [LEDGER_VARIABLE]: ledger },
    options: { workflowBundle: await bundleOf(workflowsPath), ...options },
  });
}

/** A key ring as text, to be handed to another process. */
function inlineOf(ring: KeyRing): string {
  const createdAt = new Date().toISOString();
  const keys = ring.ids().map((id) => {
    const { key } = ring.byId(id)!;
    return { id, key: Buffer.from(key).toString('base64'), createdAt };
  });
  return formatKeyRing({ version: 1, primary: ring.primary().id, keys });
}
