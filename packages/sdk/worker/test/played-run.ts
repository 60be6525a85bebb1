/**
 * A run as a worker keeps it, against a {@link HistoryServer}: lives through the tasks that the
 * server has, and can be thrown away and made again at any time.
 */
import { type LoadedDataConverter, whenAll } from '@perdure/data-converter';
import type { Command } from '@perdure/protocol';
import type { Sandbox } from '../src/sandbox/interface.ts';
import { HistoryJobs } from '../src/workflow/history-jobs.ts';
import type { LocalActivityResolution } from '../src/workflow/markers.ts';
import { StepPlayer, type ScheduledLocalActivity } from '../src/workflow/step-player.ts';
import { type TaskCommand, closesRun, toWireCommand } from '../src/workflow/wire-commands.ts';
import type { HistoryServer } from './history-server.ts';

/** Plays the worker for a local activity. */
export type RunLocally = (
  scheduled: readonly ScheduledLocalActivity[],
  cancelled: ReadonlySet<number>,
) => LocalActivityResolution;

export class PlayedRun {
  readonly #sandbox: Sandbox;
  readonly #converter: LoadedDataConverter;
  readonly #server: HistoryServer;
  #player!: StepPlayer;
  #history!: HistoryJobs;
  /** Events that it has lived through. */
  #lived = 0;

  constructor(sandbox: Sandbox, converter: LoadedDataConverter, server: HistoryServer) {
    this.#sandbox = sandbox;
    this.#converter = converter;
    this.#server = server;
    this.evict();
  }

  get place() {
    const { workflowId, runId } = this.#server;
    return { namespace: 'default', workflowId, runId };
  }

  /** Forgets everything; what is next begins with a replay of it all. */
  evict(tracing = false): void {
    const sandbox = this.#sandbox.createRun(this.#server.runId, { tracing });
    this.#player = new StepPlayer(sandbox, () => {});
    this.#history = new HistoryJobs(this.#converter, this.place);
    this.#lived = 0;
  }

  /** Does the task that the server has begun; what came of it. */
  async task(runLocally: RunLocally): Promise<TaskCommand[]> {
    const { updates } = this.#server;
    const steps = await this.#history.steps(this.#server.after(this.#lived), updates);
    this.#lived = this.#server.events.length;
    const commands: TaskCommand[] = [];
    for (const step of steps) {
      if (step.recorded) await this.#player.replay(step);
      else commands.push(...(await this.#player.begin(step)));
    }
    while (this.#player.localActivities.size > 0 && !commands.some(closesRun)) {
      const { localActivities, cancelRequested } = this.#player;
      const resolution = runLocally([...localActivities.values()], cancelRequested);
      commands.push({ ...resolution, kind: 'recordLocalActivity' });
      commands.push(...(await this.#player.resolve(resolution, false)));
    }
    return commands;
  }

  /** Replays all that the server has, and checks it. */
  async replayAll(tracing = false): Promise<void> {
    this.evict(tracing);
    const steps = await this.#history.steps(this.#server.events);
    for (const step of steps) await this.#player.replay(step);
  }

  wire(commands: readonly TaskCommand[]): Promise<Command[]> {
    const wire = commands.map((each) => toWireCommand(this.#converter, this.place, each));
    return Promise.resolve(whenAll(wire));
  }
}
