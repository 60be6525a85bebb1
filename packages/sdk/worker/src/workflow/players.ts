/**
 * Makes the players of a worker's runs, and copies of runs that are made by replay: to find the line
 * of code that no longer does what it did, and to answer questions.
 */
import type { Logger } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { HistoryEvent } from '@perdure/protocol';
import type { Sandbox } from '../sandbox/interface.ts';
import { callSinks } from '../sinks.ts';
import type { CompiledWorkerOptions } from '../worker-options.ts';
import type { CachedRun } from './cached-run.ts';
import { HistoryJobs, type RunPlace, type TaskStep } from './history-jobs.ts';
import type { AskedCopy } from './query-answerer.ts';
import { NondeterminismError } from './replay-check.ts';
import { StepPlayer, type ToldListener } from './step-player.ts';

export interface PlayerParts {
  readonly options: CompiledWorkerOptions;
  readonly converter: LoadedDataConverter;
  readonly sandbox: Sandbox;
  readonly log: Logger;
}

/** Which copy of a run is wanted. */
interface WantedCopy {
  readonly place: RunPlace;
  readonly workflowType: string;
  /** As it was at the end of the task that this event started. */
  readonly lastStartedEventId: number;
  readonly tracing: boolean;
}

export class Players {
  readonly #parts: PlayerParts;

  constructor(parts: PlayerParts) {
    this.#parts = parts;
  }

  /** A player of a run that has seen nothing yet; one that traces calls keeps quiet. */
  create(place: RunPlace, workflowType: string, tracing = false): StepPlayer {
    const { options, sandbox } = this.#parts;
    const failureTypeNames = options.failureTypeNames(workflowType);
    const run = sandbox.createRun(place.runId, { tracing, failureTypeNames });
    return new StepPlayer(run, (told, isReplaying) => {
      if (!tracing) this.#hear(place, workflowType, told, isReplaying);
    });
  }

  /**
   * Replays a step of a run.
   *
   * @throws NondeterminismError when the run does something else, found out to the line
   */
  async replay(run: CachedRun, step: TaskStep, steps: readonly TaskStep[]): Promise<void> {
    try {
      await run.player.replay(step);
    } catch (error) {
      if (!(error instanceof NondeterminismError)) throw error;
      const tracing = this.create(run.place, run.workflowType, true);
      try {
        // The same steps again, with a stack for every call.
        for (const each of steps) if (each.recorded) await tracing.replay(each);
      } finally {
        tracing.sandbox.dispose();
      }
      throw error;
    }
  }

  /** A copy of a run, by replay of its history. */
  async copyOf(events: readonly HistoryEvent[], wanted: WantedCopy): Promise<AskedCopy> {
    const { place, workflowType, lastStartedEventId, tracing } = wanted;
    const steps = await new HistoryJobs(this.#parts.converter, place).steps(events);
    const player = this.create(place, workflowType, tracing);
    try {
      for (const step of steps) {
        // What has not been done yet is not to be done by a question.
        if (step.recorded && step.started.eventId <= lastStartedEventId) await player.replay(step);
      }
    } catch (error) {
      player.sandbox.dispose();
      throw error;
    }
    return { player, dispose: () => player.sandbox.dispose() };
  }

  #hear(
    place: RunPlace,
    workflowType: string,
    { logs, sinkCalls = [] }: Parameters<ToldListener>[0],
    isReplaying: boolean,
  ): void {
    const { options, log } = this.#parts;
    const { workflowId, runId } = place;
    for (const { level, message, meta } of logs) {
      const method = level.toLowerCase() as Lowercase<typeof level>;
      log[method](message, { ...meta, workflowId, runId, workflowType });
    }
    if (sinkCalls.length > 0) callSinks(options.sinks, sinkCalls, isReplaying, log);
  }
}
