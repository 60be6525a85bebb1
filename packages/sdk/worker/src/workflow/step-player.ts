/**
 * Lets a run in a sandbox live through workflow tasks: through recorded ones by replay, checking
 * that it asks for what it asked for then, and through a new one for real. A task is one activation,
 * and one more for each local activity that comes to its end in it.
 */
import type {
  Activation,
  ActivationJob,
  ActivationResult,
  SandboxCommand,
} from '@perdure/workflow/runtime';
import type { SandboxRun } from '../sandbox/interface.ts';
import type { TaskStep } from './history-jobs.ts';
import type { LocalActivityResolution } from './markers.ts';
import { NondeterminismError, checkReplay } from './replay-check.ts';
import type { TaskCommand } from './wire-commands.ts';

/** A local activity that the run waits for. */
export type ScheduledLocalActivity = Extract<SandboxCommand, { kind: 'scheduleLocalActivity' }>;

/** The task fails, the run does not. */
export class TaskFailure extends Error {
  readonly failure: Extract<ActivationResult, { kind: 'failed' }>['failure'];
  constructor(failure: TaskFailure['failure']) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Hears what activations leave for others to see: logs, calls to sinks. */
export type ToldListener = (
  told: Pick<ActivationResult, 'logs' | 'sinkCalls'>,
  isReplaying: boolean,
) => void;

/** One run, from its first task on. */
export class StepPlayer {
  readonly sandbox: SandboxRun;
  /** Local activities whose outcome has not come, by number. */
  readonly localActivities = new Map<number, ScheduledLocalActivity>();
  /** Whether the run has ever asked for a local activity. */
  usesLocalActivities = false;
  /** Numbers of local activities that the run wants cancelled. */
  readonly cancelRequested = new Set<number>();
  readonly #told: ToldListener;
  #timestampMs = 0;
  #historyLength = 0;
  #historySize = 0;
  #continueAsNewSuggested = false;

  constructor(sandbox: SandboxRun, told: ToldListener) {
    this.sandbox = sandbox;
    this.#told = told;
  }

  /**
   * Replays a task that was done.
   *
   * @throws NondeterminismError when the run asks for something else than it did
   * @throws TaskFailure when its code fails where it did not
   */
  async replay(step: TaskStep & Required<Pick<TaskStep, 'recorded'>>): Promise<void> {
    const { recorded } = step;
    if (!recorded) return;
    const commands = await this.begin(step);
    for (const resolution of recorded.localActivities) {
      this.#requireScheduled(resolution);
      commands.push({ ...resolution, kind: 'recordLocalActivity' });
      commands.push(...(await this.resolve(resolution, true)));
    }
    checkReplay(commands, recorded);
  }

  /** The first activation of a task. */
  begin({ started, jobs, recorded }: TaskStep): Promise<TaskCommand[]> {
    const { historySizeBytes, suggestContinueAsNew } = started.attributes;
    this.#historyLength = started.eventId;
    this.#historySize = historySizeBytes ?? this.#historySize;
    this.#continueAsNewSuggested = suggestContinueAsNew ?? this.#continueAsNewSuggested;
    return this.activate(started.eventTime, jobs, recorded !== undefined);
  }

  /** A local activity has come to its end. */
  resolve(resolution: LocalActivityResolution, isReplaying: boolean): Promise<TaskCommand[]> {
    const { seq, outcome, completeTimeMs } = resolution;
    this.localActivities.delete(seq);
    this.cancelRequested.delete(seq);
    return this.activate(
      completeTimeMs,
      [{ kind: 'resolveLocalActivity', seq, outcome }],
      isReplaying,
    );
  }

  /** A task ahead of its events. */
  venture(
    timestampMs: number,
    historyLength: number,
    jobs: readonly ActivationJob[],
  ): Promise<TaskCommand[]> {
    this.#historyLength = historyLength;
    return this.activate(timestampMs, jobs, false);
  }

  /** Asks the run something; it stays as it is. */
  async query(query: Extract<ActivationJob, { kind: 'queryWorkflow' }>) {
    const result = await this.#activate(this.#timestampMs, [query], true);
    const [answer] = result.answers ?? [];
    if (!answer) throw new Error(`query ${query.queryType} was not answered`);
    return answer;
  }

  /** Time never runs backwards, whichever clock an activation's time is from. */
  async activate(
    timestampMs: number,
    jobs: readonly ActivationJob[],
    isReplaying: boolean,
  ): Promise<TaskCommand[]> {
    this.#timestampMs = Math.max(this.#timestampMs, timestampMs);
    const { commands } = await this.#activate(this.#timestampMs, jobs, isReplaying);
    const asked: TaskCommand[] = [];
    for (const command of commands) {
      if (command.kind === 'scheduleLocalActivity') {
        this.usesLocalActivities = true;
        this.localActivities.set(command.seq, command);
      } else if (command.kind === 'requestCancelLocalActivity') {
        this.cancelRequested.add(command.localActivity);
      } else {
        asked.push(command);
      }
    }
    return asked;
  }

  async #activate(
    timestampMs: number,
    jobs: readonly ActivationJob[],
    isReplaying: boolean,
  ): Promise<Extract<ActivationResult, { kind: 'completed' }>> {
    const activation: Activation = {
      runId: this.sandbox.runId,
      timestampMs,
      historyLength: this.#historyLength,
      historySize: this.#historySize,
      continueAsNewSuggested: this.#continueAsNewSuggested,
      isReplaying,
      jobs,
    };
    const answer = this.sandbox.activate(activation);
    const result = answer instanceof Promise ? await answer : answer;
    this.#told(result, isReplaying);
    if (result.kind === 'failed') throw new TaskFailure(result.failure);
    return result;
  }

  #requireScheduled({ seq, activityType }: LocalActivityResolution): void {
    const scheduled = this.localActivities.get(seq);
    if (scheduled?.activityType === activityType) return;
    const what = scheduled
      ? `local activity ${seq} (${scheduled.activityType})`
      : 'no such local activity';
    throw new NondeterminismError(
      `[TMPRL1100] Nondeterminism error: the history records local activity ${seq} (${activityType}), ` +
        `but the code asked for ${what}. The workflow code has changed in a way that running ` +
        'workflows cannot follow; bring back the old order of calls, or branch with patched()',
      undefined,
    );
  }
}
