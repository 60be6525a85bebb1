/**
 * Where the demo plays: a temporary folder with everything in it, and the processes. Taken down
 * whatever happens, a signal included.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDataDirectory } from '@perdure/embedded';
import { Processes } from './processes.ts';

export class Stage {
  readonly processes = new Processes();
  readonly #folder = mkdtempSync(join(tmpdir(), 'perdure-demo-'));
  readonly dataDir = this.#in('platform');
  readonly keyring = this.#in('keyring.json');
  readonly ledger = this.#in('ledger.txt');
  readonly serverLog = this.#in('server.log');
  readonly workerLog = this.#in('worker.log');

  constructor() {
    writeFileSync(this.ledger, '');
  }

  /** Stops all processes, services left behind by a killed server included; removes the folder. */
  async takeDown(): Promise<void> {
    await this.processes.stopAll();
    await removeDataDirectory(this.dataDir);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #in(name: string): string {
    return join(this.#folder, name);
  }
}

/** Runs a play on a stage and takes the stage down at its end, at its failure, or on a signal. */
export async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage();
  const interrupted = new Promise<never>((_, reject) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(name, () => reject(new Error(`The demo was stopped (${name}).`)));
    }
  });
  interrupted.catch(() => {});
  try {
    await Promise.race([play(stage), interrupted]);
  } finally {
    await stage.takeDown();
  }
}
