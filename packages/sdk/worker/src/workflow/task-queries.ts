/**
 * Answers the queries that come with a workflow task, from the run as the task has left it
 * (semantics 39): in the copy that did the task, so nothing is replayed for them unless it is lost.
 */
import type { LoadedDataConverter } from '@perdure/data-converter';
import {
  type HistoryEvent,
  type QueryAnswer,
  type WorkflowTask,
  failureBlobs,
} from '@perdure/protocol';
import { MAX_COMPLETION_BYTES } from '../payload-limits.ts';
import type { CachedRun } from './cached-run.ts';
import { HistoryJobs } from './history-jobs.ts';
import type { Done } from './live-task.ts';
import type { Players } from './players.ts';
import { type AskedCopy, QueryAnswerer } from './query-answerer.ts';
import type { StepPlayer } from './step-player.ts';
import type { TaskCommand } from './wire-commands.ts';

export interface TaskQueriesParts {
  readonly converter: LoadedDataConverter;
  readonly players: Players;
  /** Events of a task's run from the first to the task's own. */
  historyOf(this: void, task: WorkflowTask): Promise<HistoryEvent[]>;
}

export class TaskQueries {
  readonly #parts: TaskQueriesParts;

  constructor(parts: TaskQueriesParts) {
    this.#parts = parts;
  }

  /**
   * Never rejects: what goes wrong is the answer. What would not fit the completion is left out,
   * and the server asks it again.
   */
  async answer(
    task: WorkflowTask,
    run: CachedRun,
    done: Done,
  ): Promise<readonly QueryAnswer[] | undefined> {
    if (!task.queries) return undefined;
    const answerer = new QueryAnswerer(this.#parts.converter, run.place);
    const answers: QueryAnswer[] = [];
    let bytes = 0;
    for (const query of task.queries) {
      const answer = await answerer.answer(query, (tracing) =>
        this.#copyOf(task, run, done, tracing),
      );
      const size = sizeOf(answer);
      if (bytes + size > MAX_COMPLETION_BYTES) continue;
      bytes += size;
      answers.push(answer);
    }
    return answers;
  }

  async #copyOf(
    task: WorkflowTask,
    run: CachedRun,
    done: Done,
    tracing: boolean,
  ): Promise<AskedCopy> {
    if (!tracing && !run.lost) return { player: run.player, dispose() {} };
    const { converter, players, historyOf } = this.#parts;
    const steps = await new HistoryJobs(converter, run.place).steps(
      await historyOf(task),
      task.updates,
    );
    const player = players.create(run.place, run.workflowType, true);
    try {
      for (const step of steps) {
        if (step.recorded) {
          await player.replay(step);
        } else {
          await player.begin(step);
          await liveAgain(player, done.commands);
        }
      }
    } catch (error) {
      player.sandbox.dispose();
      throw error;
    }
    return { player, dispose: () => player.sandbox.dispose() };
  }
}

/** What local activities came to in the task that has just been done. */
async function liveAgain(player: StepPlayer, commands: readonly TaskCommand[]): Promise<void> {
  for (const command of commands) {
    if (command.kind === 'recordLocalActivity') await player.resolve(command, true);
  }
}

function sizeOf({ result, failure }: QueryAnswer): number {
  let size = result?.length ?? 0;
  if (failure) for (const blob of failureBlobs(failure)) size += blob.length;
  return size;
}
