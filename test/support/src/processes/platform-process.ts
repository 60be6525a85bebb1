/** A platform in a process of its own: killed, and started again where it was. */
import { type KeyRing, loadKeyRingFile } from '@perdure/data-converter';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.ts';
import { type PlatformAccess, newDataDirectory } from '../platform.ts';
import type { PlatformProgramInput, PlatformProgramReady } from '../programs/platform.ts';
import type { Stage } from '../stage.ts';
import { Child } from './child.ts';

const program = fileURLToPath(new URL('../../dist/programs/platform.js', import.meta.url));

/** See the module comment. */
export class PlatformProcess implements PlatformAccess {
  readonly #input: PlatformProgramInput;
  readonly keyRing: KeyRing;
  #ready: PlatformProgramReady;
  #child: Child;

  private constructor(
    input: PlatformProgramInput,
    started: { child: Child; ready: PlatformProgramReady },
    keyRing: KeyRing,
  ) {
    this.#input = input;
    this.#child = started.child;
    this.#ready = started.ready;
    this.keyRing = keyRing;
  }

  /** Starts one on a new data directory, on a port that it keeps across restarts. */
  static async start(
    stage: Stage,
    options: Pick<PlatformProgramInput, 'databaseUrl' | 'redisUrl' | 'broker'> = {},
  ): Promise<PlatformProcess> {
    const input = { ...options, dataDir: newDataDirectory(stage), port: await freePort() };
    const started = await launch(input);
    const keyRing = await loadKeyRingFile(started.ready.keyring);
    const platform = new PlatformProcess(input, started, keyRing);
    stage.add('platform process', () => platform.kill());
    return platform;
  }

  get address(): string {
    return this.#ready.address;
  }
  get namespace(): string {
    return this.#ready.namespace;
  }
  get apiKey(): string {
    return this.#ready.apiKey;
  }
  get operatorToken(): string {
    return this.#ready.operatorToken;
  }
  /** URL of the database: another after each restart where the platform runs its own. */
  get postgres(): string {
    return this.#ready.postgres;
  }
  get broker(): string {
    return this.#ready.broker;
  }
  get pid(): number {
    return this.#child.pid;
  }
  /** What the present process has logged, from warnings up. */
  get log(): string {
    return this.#child.stderr;
  }

  /** Kills the process; its database goes on, its connections break. */
  async kill(): Promise<void> {
    if (this.#child.running) await this.#child.kill();
  }

  /** Starts it again after a kill. */
  async restart(): Promise<void> {
    const { child, ready } = await launch(this.#input);
    this.#child = child;
    this.#ready = ready;
  }
}

function launch(
  input: PlatformProgramInput,
): Promise<{ child: Child; ready: PlatformProgramReady }> {
  return Child.start<PlatformProgramReady>({ program, input });
}
