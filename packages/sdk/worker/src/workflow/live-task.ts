/** One workflow task done for real, local activities included. */
import { LocalActivity, type LocalActivityParts } from '../activity/local-activities.ts';
import type { CachedRun } from './cached-run.ts';
import type { TaskStep } from './history-jobs.ts';
import type { LocalActivityResolution } from './markers.ts';
import { type TaskCommand, closesRun } from './wire-commands.ts';

/** A run's answer, and the id of the event that started the task it belongs to. */
export interface Done {
  readonly startedEventId: number;
  readonly commands: readonly TaskCommand[];
  /** A local activity still runs: another task is to follow at once. */
  readonly forceCreateNewTask?: boolean;
}

/** A task that takes so long is completed, and followed by another, while local activities run. */
const TASK_HEARTBEAT = 0.8;
/** How long queries that came with a task wait for local activities, in milliseconds. */
const QUERY_PATIENCE_MS = 1_000;

/** What a task is done with. */
export interface LiveTaskParts extends LocalActivityParts {
  /**
   * Waits until the start of the task is durable: tasks are pushed before that. What a local
   * activity does cannot be taken back.
   *
   * @throws Error when the start came to nothing
   */
  confirmed(): Promise<void>;
}

/** How long a task may take. */
export interface TaskTime {
  readonly timeoutMs: number;
  /** Queries came with it, and are answered when it is completed. */
  readonly isAsked: boolean;
  /** Says how to end the wait for local activities when queries wait for the task. */
  onHurry(end: () => void): void;
}

/** Does a task to the end of the local activities that it asks for, if time allows. */
export async function liveTask(
  parts: LiveTaskParts,
  run: CachedRun,
  step: TaskStep,
  time: TaskTime,
): Promise<Done> {
  const { player } = run;
  const startedEventId = step.started.eventId;
  const commands = await player.begin(step);
  if (player.localActivities.size === 0) return { startedEventId, commands };
  const timeIsUp = deadline(longestWait(run, time));
  time.onHurry(() => timeIsUp.end());
  try {
    await parts.confirmed();
    while (player.localActivities.size > 0 && !commands.some(closesRun)) {
      const resolution = await nextResolution(parts, run, timeIsUp.passed);
      if (!resolution) return { startedEventId, commands, forceCreateNewTask: true };
      commands.push({ ...resolution, kind: 'recordLocalActivity' });
      commands.push(...(await player.resolve(resolution, false)));
    }
  } finally {
    timeIsUp.cancel();
  }
  return { startedEventId, commands };
}

/** How long a task waits for local activities. */
function longestWait(run: CachedRun, { timeoutMs, isAsked }: TaskTime): number {
  const longest = timeoutMs * TASK_HEARTBEAT;
  if (!isAsked) return longest;
  // Those that go on from the task before have taken long already.
  return run.localActivities.size > 0 ? 0 : Math.min(longest, QUERY_PATIENCE_MS);
}

/** Starts what is not under way yet, and waits for the first that ends; undefined if none does. */
async function nextResolution(
  parts: LocalActivityParts,
  run: CachedRun,
  timeIsUp: Promise<undefined>,
): Promise<LocalActivityResolution | undefined> {
  const { player, localActivities: running } = run;
  const owner = { ...run.place, workflowType: run.workflowType };
  for (const [seq, command] of player.localActivities) {
    if (!running.has(seq)) running.set(seq, new LocalActivity(parts, owner, command));
  }
  for (const seq of player.cancelRequested) running.get(seq)?.cancel();
  const ends = [...running.values()].map(({ resolution }) => resolution);
  const resolution = await Promise.race([...ends, timeIsUp]);
  if (resolution) running.delete(resolution.seq);
  return resolution;
}

/** A promise that resolves when a time has passed or is ended, and how not to wait for it. */
function deadline(ms: number): {
  readonly passed: Promise<undefined>;
  end(): void;
  cancel(): void;
} {
  let timer: NodeJS.Timeout | undefined;
  let end = (): void => {};
  const passed = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined);
    timer = setTimeout(end, ms);
  });
  return { passed, end: () => end(), cancel: () => clearTimeout(timer) };
}
