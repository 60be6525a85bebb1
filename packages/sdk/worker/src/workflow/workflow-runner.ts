/**
 * Runs workflow tasks: brings a run up to date, from its cached copy or by replay, and reports what
 * it asks for. When an activity of a cached run completes on this very worker, the run goes on at
 * once, and both travel as one fused step (blueprint §3).
 */
import { type Logger, type Payload, inheritPriority } from '@perdure/common';
import { type LoadedDataConverter, whenAll } from '@perdure/data-converter';
import {
  type Ack,
  type ActivityToken,
  type HistoryEvent,
  type QueryAnswer,
  type QueryTask,
  type WorkflowTask,
  type WorkflowTaskFailedCause,
  type WorkflowTaskToken,
  decodeEvents,
} from '@perdure/protocol';
import type { ActivitySurroundings } from '../activity/activity-attempt.ts';
import type { ActivityRunner, StepFuser } from '../activity/activity-runner.ts';
import { type LocalActivityParts, Slots } from '../activity/local-activities.ts';
import { type Sandbox, againWhenLost } from '../sandbox/interface.ts';
import { failureOfError, sealed } from '../outgoing-failure.ts';
import {
  MAX_COMPLETION_BYTES,
  checkBlobSize,
  checkCommandSizes,
  checkResultSizes,
  isTooLarge,
} from '../payload-limits.ts';
import type { WorkerSession } from '../session/worker-session.ts';
import type { CompiledWorkerOptions } from '../worker-options.ts';
import { CachedRun, type WaitingResult } from './cached-run.ts';
import { HistoryJobs, type RunPlace, type TaskStep } from './history-jobs.ts';
import { type Done, liveTask } from './live-task.ts';
import { Players } from './players.ts';
import { type AskedCopy, QueryAnswerer } from './query-answerer.ts';
import { NondeterminismError } from './replay-check.ts';
import { RunCache } from './run-cache.ts';
import { TaskFailure } from './step-player.ts';
import { TaskQueries } from './task-queries.ts';
import { type TaskCommand, closesRun, leavesEvent, toWireCommand } from './wire-commands.ts';

export interface WorkflowRunnerParts {
  readonly options: CompiledWorkerOptions;
  readonly converter: LoadedDataConverter;
  readonly sandbox: Sandbox;
  readonly session: WorkerSession;
  readonly surroundings: ActivitySurroundings;
  readonly log: Logger;
  activities(): ActivityRunner;
  /** Events of a run from the first on. */
  fetchHistory(workflowId: string, runId: string): Promise<HistoryEvent[]>;
}

export class WorkflowRunner implements StepFuser {
  readonly #parts: WorkflowRunnerParts;
  readonly #cache: RunCache;
  readonly #tasks = new Map<string, WorkflowTaskToken>();
  readonly #offered = new Set<WaitingResult>();
  /** How to end the wait for local activities, by run. */
  readonly #hurries = new Map<string, () => void>();
  readonly #players: Players;
  readonly #localActivities: LocalActivityParts;
  readonly #queries: TaskQueries;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: WorkflowRunnerParts) {
    this.#parts = parts;
    this.#players = new Players(parts);
    this.#queries = new TaskQueries({
      converter: parts.converter,
      players: this.#players,
      historyOf: (task) => this.#wholeHistory(task, decodeEvents(task.events)),
    });
    const { options, converter, surroundings, log, session } = parts;
    const slots = new Slots(options.localActivitySlots);
    const now = (): number => session.clock.now();
    this.#localActivities = { options, converter, surroundings, log, slots, now };
    const { maxCachedWorkflows, cachedWorkflowIdleMs } = options;
    this.#cache = new RunCache(maxCachedWorkflows, cachedWorkflowIdleMs, (run) =>
      this.#reportWaiting(run),
    );
  }

  get cachedRuns(): number {
    return this.#cache.size;
  }

  /** Tasks and results of activities that are under way to the session. */
  get running(): number {
    return this.#tasks.size + this.#offered.size;
  }

  tokens(): WorkflowTaskToken[] {
    return [...this.#tasks.values()];
  }

  /** Attempts whose results have been taken over and not reported yet. */
  offeredTokens(): ActivityToken[] {
    return [...this.#offered.values()].map(({ token }) => token);
  }

  /** Resolves when nothing is under way to the session any more. */
  async idle(): Promise<void> {
    if (this.running === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  close(): void {
    this.#cache.close();
  }

  /** Carries out a task that the server pushed. Its slot is taken already. Never rejects. */
  async start(task: WorkflowTask): Promise<void> {
    const { runId } = task;
    const token = tokenOf(task);
    const { session } = this.#parts;
    this.#tasks.set(runId, token);
    try {
      const { run, done } = await againWhenLost(() => this.#carryOut(task));
      const queryResults = await this.#queries.answer(task, run, done);
      await this.#complete(run, token, done, queryResults);
    } catch (error) {
      if (this.#failsRun(task.workflowType, error)) await this.#failRun(token, error);
      else await this.#fail(token, error);
    }
    session.free('workflow');
    if (this.#tasks.get(runId) === token) {
      this.#tasks.delete(runId);
      this.#hurries.delete(runId);
    }
    this.#wakeWaiters();
  }

  /** Queries wait for the task of a run: it is to be completed as soon as it can be. */
  hurry(runId: string): void {
    this.#hurries.get(runId)?.();
  }

  offer(token: ActivityToken, activityId: string, result: Payload): boolean {
    const run = this.#cache.use(token.runId);
    if (!run || (!run.busy && run.fusibleAt === undefined)) return false;
    const waiting = { token, activityId, result };
    this.#offered.add(waiting);
    run.waitingResults.push(waiting);
    if (!run.busy) void this.#fuse(run, run.fusibleAt!);
    return true;
  }

  async #carryOut(task: WorkflowTask): Promise<{ run: CachedRun; done: Done }> {
    const { run, steps } = await this.#bringUp(task);
    return { run, done: await this.#live(run, steps, task) };
  }

  /** The run of a task, with the steps that it has yet to live through. */
  async #bringUp(task: WorkflowTask): Promise<{ run: CachedRun; steps: TaskStep[] }> {
    const { workflowId, runId, firstEventId } = task;
    let events = decodeEvents(task.events);
    let run = this.#cache.use(runId);
    if (run && (run.busy || run.nextSegmentEventId !== firstEventId)) {
      this.#cache.evict(run);
      run = undefined;
    }
    if (!run) {
      if (firstEventId !== 1) events = await this.#wholeHistory(task, events);
      run = this.#create(workflowId, runId, task.workflowType);
    }
    run.busy = true;
    run.fusibleAt = undefined;
    return { run, steps: await run.history.steps(events, task.updates) };
  }

  /** The stored history up to the task, then those of the task's own events that are not stored. */
  async #wholeHistory(task: WorkflowTask, pushed: HistoryEvent[]): Promise<HistoryEvent[]> {
    const stored = await this.#parts.fetchHistory(task.workflowId, task.runId);
    const known = stored.filter(({ eventId }) => eventId <= task.startedEventId);
    const last = known.at(-1)?.eventId ?? 0;
    return [...known, ...pushed.filter(({ eventId }) => eventId > last)];
  }

  #create(workflowId: string, runId: string, workflowType: string): CachedRun {
    const { converter, options } = this.#parts;
    const place = { namespace: options.namespace, workflowId, runId };
    const history = new HistoryJobs(converter, place);
    const player = this.#players.create(place, workflowType);
    const run = new CachedRun(place, workflowType, player, history);
    this.#cache.add(run);
    return run;
  }

  /** Lives the steps through; all but the last are replay. */
  async #live(run: CachedRun, steps: readonly TaskStep[], task: WorkflowTask): Promise<Done> {
    for (const step of steps) {
      if (!step.recorded) {
        const confirmed = () => this.#confirmed(tokenOf(task));
        const isAsked = task.queries !== undefined;
        const onHurry = (end: () => void): void => void this.#hurries.set(task.runId, end);
        const time = { timeoutMs: task.taskTimeoutMs, isAsked, onHurry };
        return liveTask({ ...this.#localActivities, confirmed }, run, step, time);
      }
      await this.#players.replay(run, step, steps);
    }
    throw new Error(`a task of run ${run.place.runId} came without WorkflowTaskStarted`);
  }

  #confirmed(token: WorkflowTaskToken): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#parts.session.complete({ kind: 'workflowTaskConfirmed', token }, ({ outcome }) => {
        if (outcome === 'ok') resolve();
        else reject(new Error('the start of the task came to nothing; another one follows'));
      });
    });
  }

  /**
   * Asks a run something, from its cached copy if that stands where the question is about, else from
   * a copy made by replay. Leaves the run as it is. Never rejects.
   *
   * @returns the answer, or why there is none
   */
  async answerQuery(query: QueryTask): Promise<QueryAnswer> {
    const { converter, options } = this.#parts;
    const { workflowId, runId } = query;
    const place = { namespace: options.namespace, workflowId, runId };
    const answerer = new QueryAnswerer(converter, place);
    return answerer.answer(query, (tracing) => this.#copyFor(query, place, tracing));
  }

  async #copyFor(query: QueryTask, place: RunPlace, tracing: boolean): Promise<AskedCopy> {
    const { lastStartedEventId, workflowType } = query;
    const cached = tracing ? undefined : this.#cache.use(place.runId);
    if (cached && !cached.busy && cached.nextSegmentEventId === lastStartedEventId + 1) {
      return { player: cached.player, dispose() {} };
    }
    const events = await this.#parts.fetchHistory(place.workflowId, place.runId);
    return this.#players.copyOf(events, { place, workflowType, lastStartedEventId, tracing });
  }

  async #complete(
    run: CachedRun,
    token: WorkflowTaskToken,
    done: Done,
    queryResults: readonly QueryAnswer[] | undefined,
  ): Promise<void> {
    const { converter, session } = this.#parts;
    const commands = await whenAll(
      done.commands.map((command) => toWireCommand(converter, run.place, command)),
    );
    checkCommandSizes(commands);
    const { forceCreateNewTask } = done;
    const completed = { kind: 'workflowTaskCompleted', token, commands } as const;
    session.complete({ ...completed, forceCreateNewTask, queryResults }, (ack) =>
      this.#acknowledged(run, done, ack),
    );
  }

  /** Whether the worker wants runs to fail whose code no longer does what it did (semantics 48). */
  #failsRun(workflowType: string, error: unknown): error is NondeterminismError {
    if (!(error instanceof NondeterminismError)) return false;
    const names = this.#parts.options.failureTypeNames(workflowType);
    return names.includes('NondeterminismError') || names.includes('Error');
  }

  async #failRun(token: WorkflowTaskToken, error: NondeterminismError): Promise<void> {
    const { converter, options, session } = this.#parts;
    const run = this.#cache.use(token.runId);
    if (run) this.#cache.evict(run);
    const place = { namespace: options.namespace, workflowId: token.workflowId };
    const failure = await failureOfError(converter, place, error);
    const commands = [{ commandType: 'FailWorkflowExecution', failure }] as const;
    session.complete({ kind: 'workflowTaskCompleted', token, commands }, () => {});
  }

  async #fail(token: WorkflowTaskToken, error: unknown): Promise<void> {
    const { converter, options, session, log } = this.#parts;
    const run = this.#cache.use(token.runId);
    if (run) this.#cache.evict(run);
    const { workflowId, runId, attempt } = token;
    log.warn('a workflow task failed; it will be tried again', {
      workflowId,
      runId,
      attempt,
      failure: error instanceof Error ? error.message : String(error),
    });
    const place = { namespace: options.namespace, workflowId };
    const failure =
      error instanceof TaskFailure
        ? await sealed(converter, place, () => error.failure)
        : await failureOfError(converter, place, error);
    const cause = causeOf(error);
    session.complete({ kind: 'workflowTaskFailed', token, cause, failure }, () => {});
  }

  /** Ventures on with results that the server does not know yet. */
  async #fuse(run: CachedRun, assumedNextEventId: number): Promise<void> {
    const { converter, session } = this.#parts;
    const { namespace, workflowId, runId } = run.place;
    run.fusibleAt = undefined;
    if (areLarge(run.waitingResults)) return this.#reportWaiting(run);
    const waiting = run.waitingResults.splice(0);
    run.busy = true;
    const workflowTimeMs = session.clock.now();
    // Per result a Started and a Completed, then WorkflowTaskScheduled, then this.
    const startedEventId = assumedNextEventId + 2 * waiting.length + 1;
    try {
      const jobs = waiting.map(({ token, activityId, result }) =>
        run.history.completed(token.scheduledEventId, activityId, result),
      );
      const commands = await run.player.venture(workflowTimeMs, startedEventId, jobs);
      // They may take long, and the results are not to wait for them.
      if (run.player.localActivities.size > 0) throw new Error('a step has no local activities');
      const place = { namespace, workflowId, purpose: 'activity-result' } as const;
      const blobs = await whenAll(waiting.map(({ result }) => converter.toBlob(place, [result])));
      checkResultSizes(blobs);
      const results = waiting.map(({ token: { scheduledEventId, attempt } }, i) => {
        return { scheduledEventId, attempt, result: blobs[i] };
      });
      const wire = await whenAll(
        commands.map((command) => toWireCommand(converter, run.place, command)),
      );
      checkCommandSizes(wire);
      const step = { kind: 'step', workflowId, runId, results, assumedNextEventId } as const;
      session.complete({ ...step, workflowTimeMs, commands: wire }, (ack) => {
        run.nextSegmentEventId = startedEventId + 1;
        this.#acknowledged(run, { startedEventId, commands }, ack);
      });
      this.#reported(waiting);
    } catch {
      // The task would fail: let the server record the results and schedule it, so that the
      // failure is reported for a task that exists.
      run.waitingResults.unshift(...waiting);
      this.#cache.evict(run);
    }
  }

  #reported(results: readonly WaitingResult[]): void {
    for (const result of results) this.#offered.delete(result);
    this.#wakeWaiters();
  }

  #wakeWaiters(): void {
    if (this.running === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  #acknowledged(run: CachedRun, done: Done, ack: Ack): void {
    run.busy = false;
    if (ack.outcome !== 'ok') {
      const { code, message } = ack;
      if (ack.outcome === 'refused')
        this.#parts.log.error('the server refused a workflow task', { code, message });
      return this.#cache.evict(run);
    }
    this.#settle(run, done, ack);
    this.#startEager(run, done, ack);
    if (done.commands.some(closesRun)) return this.#cache.evict(run);
    if (run.waitingResults.length > 0) {
      if (run.fusibleAt === undefined) this.#reportWaiting(run);
      else void this.#fuse(run, run.fusibleAt);
    }
    this.#cache.trim();
  }

  /** Notes what the acknowledgement tells of the run's event ids. */
  #settle(run: CachedRun, { startedEventId, commands }: Done, ack: Ack): void {
    // A task that brought nothing but refused updates leaves no events (semantics 42).
    if (ack.nextEventId && ack.nextEventId <= startedEventId) return;
    run.nextSegmentEventId = startedEventId + 1;
    const completedEventId = startedEventId + 1;
    const lasting = commands.filter(leavesEvent);
    // One event per command and nothing else: then every id is known, and a step can be ventured.
    const predictable = ack.nextEventId === completedEventId + 1 + lasting.length;
    if (!predictable) return;
    if (!run.player.usesLocalActivities) run.fusibleAt = ack.nextEventId;
    lasting.forEach((command, i) => run.history.noteCommand(completedEventId + 1 + i, command));
  }

  /** Starts the activities that came back with the acknowledgement. */
  #startEager(run: CachedRun, { commands }: Done, ack: Ack): void {
    if (!ack.eager || ack.eager.length === 0) return;
    const { converter, session } = this.#parts;
    const { workflowId, runId } = run.place;
    const now = session.clock.now();
    const byId = new Map<string, Extract<TaskCommand, { kind: 'scheduleActivity' }>>();
    for (const command of commands) {
      if (command.kind === 'scheduleActivity') byId.set(command.activityId, command);
    }
    for (const { activityId, scheduledEventId } of ack.eager) {
      const command = byId.get(activityId)!;
      session.occupyActivity();
      run.history.note(scheduledEventId, activityId, command.activityType);
      const args = command.args.map((arg) => converter.payloadConverter.fromPayload(arg));
      const task = {
        token: { workflowId, runId, scheduledEventId, attempt: 1 },
        workflowType: run.workflowType,
        activityId,
        activityType: command.activityType,
        scheduledTimeMs: now,
        currentAttemptScheduledTimeMs: now,
        startedTimeMs: now,
        scheduleToCloseTimeoutMs: command.scheduleToCloseTimeoutMs,
        startToCloseTimeoutMs: command.startToCloseTimeoutMs,
        heartbeatTimeoutMs: command.heartbeatTimeoutMs,
        retryPolicy: command.retryPolicy,
        priority: inheritPriority(command.priority, run.history.priority),
        headers: command.headers,
      };
      void this.#parts.activities().run(task, args, undefined);
    }
  }

  /** The run goes, or cannot go on by itself: its results are reported one by one. */
  #reportWaiting(run: CachedRun): void {
    for (const waiting of run.waitingResults.splice(0)) void this.#reportResult(run, waiting);
  }

  async #reportResult(run: CachedRun, waiting: WaitingResult): Promise<void> {
    const { converter, session } = this.#parts;
    const { namespace, workflowId } = run.place;
    const { token, result } = waiting;
    const place = { namespace, workflowId, purpose: 'activity-result' } as const;
    try {
      const blob = await converter.toBlob(place, [result]);
      checkBlobSize('the result of the activity', blob);
      session.complete({ kind: 'activityCompleted', token, result: blob }, () => {});
    } catch (error) {
      const failure = await failureOfError(converter, { namespace, workflowId }, error);
      session.complete({ kind: 'activityFailed', token, failure }, () => {});
    }
    this.#reported([waiting]);
  }
}

function tokenOf(task: WorkflowTask): WorkflowTaskToken {
  const { workflowId, runId, startedEventId, attempt, fence } = task;
  return { workflowId, runId, startedEventId, attempt, fence };
}

/** Too large for one message, perhaps; what compresses well is judged too strictly. */
function areLarge(results: readonly WaitingResult[]): boolean {
  let sum = 0;
  for (const { result } of results) sum += result.data.length;
  return sum > MAX_COMPLETION_BYTES;
}

function causeOf(error: unknown): WorkflowTaskFailedCause {
  if (error instanceof NondeterminismError) return 'NON_DETERMINISTIC_ERROR';
  return isTooLarge(error) ? 'PAYLOADS_TOO_LARGE' : 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
}
