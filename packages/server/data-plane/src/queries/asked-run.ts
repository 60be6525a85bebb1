/**
 * A run with questions to it. Looks at the run when something may have changed (a commit here, a
 * worker that has come), once for all questions; asks a worker when no workflow task is under way.
 * Nobody polls, except for what other servers commit.
 */
import { type ExecutionState, isClosed } from '@perdure/engine';
import type { WorkflowKey } from '@perdure/ports';
import type { WorkerSession } from '../matching/worker-session.ts';
import type { Question } from './question.ts';
import { refusalOf } from './refuse-question.ts';

/** How often another server's commits are looked for. */
const LOOK_AGAIN_MS = 1_000;
/** How long a worker may take to answer before another is asked, too. */
const ASK_ANOTHER_MS = 2_000;
/** A workflow task that keeps questions waiting for so long is hurried. */
const HURRY_AFTER_MS = 500;

export interface AskedRunParts {
  /** Nobody else writes to the store. */
  readonly alone: boolean;
  /** @throws PerdureServiceError when there is no such run, or the store stays away */
  find(key: WorkflowKey, runId: string | undefined): Promise<ExecutionState>;
  /** Hears of each commit of the workflow by this server, until `stop`. */
  watch(key: WorkflowKey, listener: () => void): { stop(): void };
  /** A connected worker that can answer for a run: the one that has it cached, else any. */
  workerFor(
    namespaceId: number,
    state: ExecutionState,
    except: ReadonlySet<WorkerSession>,
  ): WorkerSession | undefined;
  /** A worker of this server by its session id. */
  sessionOf(namespaceId: number, sessionId: string): WorkerSession | undefined;
}

/** Told which run a question had seen before it has been looked at now; undefined for none. */
export type SeenListener = (question: Question, before: string | undefined) => void;

export class AskedRun {
  readonly key: WorkflowKey;
  readonly #runId: string | undefined;
  readonly #parts: AskedRunParts;
  readonly #questions = new Set<Question>();
  readonly #watch: { stop(): void };
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onSeen: SeenListener;
  /** The task under way that was last seen. */
  #fence: number | undefined;
  #hurry: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isStirred = false;

  /**
   * @param onSeen told of each look that leaves a question open
   */
  constructor(
    parts: AskedRunParts,
    { key, runId }: { readonly key: WorkflowKey; readonly runId: string | undefined },
    onSeen: SeenListener,
  ) {
    this.key = key;
    this.#runId = runId;
    this.#parts = parts;
    this.#onSeen = onSeen;
    this.#watch = parts.watch(key, () => this.stir());
    if (!parts.alone) this.#timer = setInterval(() => this.stir(), LOOK_AGAIN_MS);
  }

  get isEmpty(): boolean {
    return this.#questions.size === 0;
  }

  add(question: Question): void {
    this.#questions.add(question);
    this.stir();
  }

  remove(question: Question): void {
    this.#questions.delete(question);
  }

  /** Something may have changed: the run is looked at. */
  stir(): void {
    this.#isStirred = true;
    if (!this.#isLooking) void this.#lookWhileStirred();
  }

  close(): void {
    this.#watch.stop();
    clearInterval(this.#timer);
    clearTimeout(this.#hurry);
  }

  async #lookWhileStirred(): Promise<void> {
    this.#isLooking = true;
    while (this.#isStirred && !this.isEmpty) {
      this.#isStirred = false;
      // What comes while we look wants a look of its own.
      await this.#look([...this.#questions]);
    }
    this.#isLooking = false;
  }

  async #look(questions: readonly Question[]): Promise<void> {
    try {
      const state = await this.#parts.find(this.key, this.#runId);
      for (const question of questions) if (question.isOpen) this.#consider(question, state);
      this.#hurryLater(state);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      for (const question of questions) question.fail(reason);
    }
  }

  #consider(question: Question, state: ExecutionState): void {
    const refusal = refusalOf(state, question.asked);
    if (refusal) return question.fail(refusal);
    const before = question.seenRunId;
    question.saw(state);
    this.#onSeen(question, before);
    if (!question.isUnderWay) {
      if (isIdle(state)) void this.#askWorker(question, state);
      else question.waitsFor = 'its workflow task does not end';
    }
    question.onLook?.(state);
  }

  /** A task that waits for local activities may take long: its worker is told of the questions. */
  #hurryLater({ runId, workflowTask }: ExecutionState): void {
    const fence = workflowTask?.session && workflowTask.fence;
    if (fence === this.#fence) return;
    this.#fence = fence || undefined;
    clearTimeout(this.#hurry);
    const session = workflowTask?.session;
    if (session === undefined) return;
    this.#hurry = setTimeout(() => {
      const isAwaited = [...this.#questions].some(({ isUnderWay }) => !isUnderWay);
      if (isAwaited) this.#parts.sessionOf(this.key.namespaceId, session)?.hurry(runId);
    }, HURRY_AFTER_MS);
  }

  /** Asks a worker outside of a task, if there is one and it is for this server to ask. */
  async #askWorker(question: Question, state: ExecutionState): Promise<void> {
    const { namespaceId } = this.key;
    question.waitsFor = 'no worker of its task queue has answered; start one, or look why it hangs';
    const findWorker = () => this.#parts.workerFor(namespaceId, state, question.workersAsked);
    if (!findWorker()) return;
    question.isBeingAsked = true;
    const isOurs = question.mayAsk ? await question.mayAsk(state) : true;
    const session = isOurs && question.isOpen ? findWorker() : undefined;
    if (session) await this.#ask(session, question, state);
    question.isBeingAsked = false;
    if (session && question.isOpen) this.stir();
  }

  /** Resolves when the worker has answered, or left, or had its time; it may answer still. */
  async #ask(session: WorkerSession, question: Question, state: ExecutionState): Promise<void> {
    const { runId, workflowType, lastCompletedStartedEventId: lastStartedEventId } = state;
    const { workflowId } = this.key;
    const run = { workflowId, runId, workflowType, lastStartedEventId };
    const { answer, giveUp } = session.ask({ ...question.query, ...run });
    question.whenEnded(giveUp);
    question.workersAsked.add(session);
    const concluded = answer.then((told) => {
      if (told) question.answered(told);
      else question.workersAsked.delete(session);
    });
    await within(ASK_ANOTHER_MS, concluded);
  }
}

/** Whether nothing stands between the run and a question. */
function isIdle(state: ExecutionState): boolean {
  return isClosed(state) || (!state.workflowTask && state.lastCompletedStartedEventId > 0);
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
