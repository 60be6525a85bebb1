/**
 * Replaying histories with the workflow code at hand, without a server: for tests that tell, before
 * a deployment, whether running workflows can follow a change of their code.
 */
import { loadConverter, originOf } from '@perdure/client';
import { ValueError } from '@perdure/common';
import type { KeyRing, LoadedDataConverter } from '@perdure/data-converter';
import { loadClientConnectConfig } from '@perdure/envconfig';
import { type HistoryEvent, fromTemporalJson } from '@perdure/protocol';
import { DeterminismViolationError } from '@perdure/workflow';
import { DefaultLogger } from './default-logger.ts';
import { ReplayError } from './errors.ts';
import { loadSandbox } from './sandbox/load-sandbox.ts';
import type { Sandbox, SandboxRunOptions } from './sandbox/interface.ts';
import { callSinks } from './sinks.ts';
import { type WorkerOptions, failureTypeNames } from './worker-options.ts';
import { HistoryJobs, type RunPlace, type TaskStep } from './workflow/history-jobs.ts';
import { NondeterminismError } from './workflow/replay-check.ts';
import { StepPlayer } from './workflow/step-player.ts';

/**
 * Options of a replay: those of a worker that have to do with workflow code and its payloads. Keys
 * and namespace are by default those of the client that fetched the history in this process.
 */
export type ReplayWorkerOptions = Pick<
  WorkerOptions,
  | 'workflowBundle'
  | 'workflowsPath'
  | 'dataConverter'
  | 'keyRing'
  | 'interceptors'
  | 'bundlerOptions'
  | 'namespace'
  | 'sinks'
  | 'workflowFailureErrorTypes'
  | 'logger'
> & {
  /** Ignored: kept for programs that give it. */
  replayName?: string;
};

/** A run's events from the first on, as `handle.fetchHistory()` gives them. */
export interface History {
  readonly events: readonly HistoryEvent[];
}

/** A history in Temporal's JSON, as `JSON.parse` gives it: of Perdure's or of Temporal's tools. */
export interface HistoryJson {
  readonly events: readonly object[];
}

/** A history, and whose it is. */
export interface HistoryToReplay {
  /** Default: as the history says. */
  readonly workflowId?: string;
  /** Default: as the history says; a run made by a reset is not named in its own. */
  readonly runId?: string;
  readonly history: History | HistoryJson;
}

/** What came of a replay. */
export interface ReplayResult {
  readonly workflowId: string;
  readonly runId: string;
  /** Why the history cannot be replayed; absent when it can. */
  readonly error?: ReplayError | DeterminismViolationError;
}

/** Replays histories, one at a time. */
export interface Replayer {
  /** Never rejects for what a history or the code does. */
  replay(what: HistoryToReplay): Promise<ReplayResult>;
}

/**
 * Prepares to replay.
 *
 * @throws ValueError without workflow code
 */
export async function createReplayer(options: ReplayWorkerOptions): Promise<Replayer> {
  const sandbox = await loadSandbox(options, {});
  if (!sandbox) throw new ValueError('a replay needs workflowsPath or workflowBundle; got neither');
  const replay = new SandboxReplay(options, sandbox);
  const converterWith = onePerKeyRing((keyRing) => loadConverter({ ...options, keyRing }));
  return {
    async replay(given) {
      const what = { ...given, history: storedForm(given.history) };
      const origin = originOf(what.history);
      const { namespace = origin?.namespace ?? loadClientConnectConfig().namespace } = options;
      const { keyRing = origin?.keyRing } = options;
      const place = placeOf(what, namespace);
      const { workflowId, runId } = place;
      const error = await replay.run(place, what.history, await converterWith(keyRing));
      return error ? { workflowId, runId, error } : { workflowId, runId };
    },
  };
}

/** Histories of one client have one key ring: its converter is loaded once. */
function onePerKeyRing(
  load: (keyRing: KeyRing | null | undefined) => Promise<LoadedDataConverter>,
): typeof load {
  const loaded = new Map<KeyRing | null | undefined, Promise<LoadedDataConverter>>();
  return (keyRing) => {
    const converter = loaded.get(keyRing) ?? load(keyRing);
    loaded.set(keyRing, converter);
    return converter;
  };
}

class SandboxReplay {
  readonly #options: ReplayWorkerOptions;
  readonly #sandbox: Sandbox;

  constructor(options: ReplayWorkerOptions, sandbox: Sandbox) {
    this.#options = options;
    this.#sandbox = sandbox;
  }

  async run(
    place: RunPlace,
    { events }: History,
    converter: LoadedDataConverter,
  ): Promise<ReplayResult['error']> {
    try {
      const steps = await new HistoryJobs(converter, place).steps(events);
      // Once more where it goes wrong, with a stack for every call, to tell the line.
      const play = (tracing: boolean) => this.#play(place, steps, this.#settings(events, tracing));
      await play(false).catch(async (error: unknown) => {
        if (error instanceof NondeterminismError) await play(true);
        throw error;
      });
      return undefined;
    } catch (error) {
      if (error instanceof NondeterminismError) return new DeterminismViolationError(error.message);
      const cause = error instanceof Error ? error : new Error(String(error));
      return new ReplayError(place.workflowId, place.runId, cause);
    }
  }

  #settings([first]: readonly HistoryEvent[], tracing: boolean): SandboxRunOptions {
    const namesFor = failureTypeNames(this.#options.workflowFailureErrorTypes ?? {});
    if (first?.eventType !== 'WorkflowExecutionStarted') return { tracing };
    return { tracing, failureTypeNames: namesFor(first.attributes.workflowType) };
  }

  async #play(
    place: RunPlace,
    steps: readonly TaskStep[],
    settings: SandboxRunOptions,
  ): Promise<void> {
    const { sinks, logger = new DefaultLogger('WARN') } = this.#options;
    const sandbox = this.#sandbox.createRun(place.runId, settings);
    const player = new StepPlayer(sandbox, ({ sinkCalls = [] }, isReplaying) => {
      if (!settings.tracing) callSinks(sinks, sinkCalls, isReplaying, logger);
    });
    try {
      for (const step of steps) if (step.recorded) await player.replay(step);
    } finally {
      sandbox.dispose();
    }
  }
}

/**
 * The events as they are stored; only in JSON are their times texts.
 *
 * @throws TypeError for JSON that is no history, or has events that Perdure does not know
 */
function storedForm(history: History | HistoryJson): History {
  const [first] = history.events as readonly { readonly eventTime?: unknown }[];
  if (typeof first?.eventTime === 'string') return fromTemporalJson(history);
  return history as History;
}

/** A history in the form it is stored in, and whose it is. */
type StoredHistory = HistoryToReplay & { readonly history: History };

/** @throws ValueError for a history that does not begin with the first event */
function placeOf({ workflowId, runId, history }: StoredHistory, namespace: string): RunPlace {
  const [first] = history.events;
  if (first?.eventType !== 'WorkflowExecutionStarted') {
    throw new ValueError(
      'a history must begin with WorkflowExecutionStarted; got ' +
        `${first ? first.eventType : 'no events'}: fetch it from the first event on`,
    );
  }
  const { attributes } = first;
  return {
    namespace,
    workflowId: workflowId ?? attributes.workflowId,
    runId: runId ?? attributes.originalExecutionRunId ?? attributes.firstExecutionRunId,
  };
}
