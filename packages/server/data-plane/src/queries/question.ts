/**
 * One question to one run, from when it is asked until it is answered or given up (semantics 39).
 *
 * ```
 * waiting ──a task of the run leaves──► riding ──its completion counts──► answered
 *    │  ▲                                  └──it came to nothing──► waiting
 *    │  └──────the worker has left──────┐
 *    └──the run has no task──► asked ───┴──► answered
 * ```
 *
 * The answer knows all that was acknowledged before the question came: it may ride only with a task
 * that was started after the run has first been looked at for it.
 */
import type { QueryWorkflowInput } from '@perdure/contract';
import type { ExecutionState } from '@perdure/engine';
import type { WorkflowKey } from '@perdure/ports';
import type { WorkerSession } from '../matching/worker-session.ts';
import type { PayloadBlob, QueryAnswer, WorkflowQuery, WorkflowTask } from '@perdure/protocol';

/** What is asked, and of which run. */
export interface Asked {
  readonly key: WorkflowKey;
  /** Only this run; undefined means whichever is current. */
  readonly runId: string | undefined;
  readonly queryName: string;
  readonly args: PayloadBlob | undefined;
  readonly header: PayloadBlob | undefined;
  readonly rejectCondition: QueryWorkflowInput['rejectCondition'];
}

/** Where a run stood when it was first looked at for a question. */
interface Floor {
  readonly runId: string;
  readonly nextEventId: number;
  /** Of the task that was under way then. */
  readonly fence: number | undefined;
}

export class Question {
  readonly queryId: string;
  readonly asked: Asked;
  /** Rejects when the run cannot be asked, or the question is given up. */
  readonly answer: Promise<QueryAnswer>;
  /**
   * Asked before a worker is, outside of a task: whether it is for this server to do so. Default: it
   * is. Must not reject.
   */
  mayAsk: ((state: ExecutionState) => Promise<boolean>) | undefined;
  /** Told of each look at the run that leaves the question open. */
  onLook: ((state: ExecutionState) => void) | undefined;
  /** A worker is being asked outside of a task. */
  isBeingAsked = false;
  /** Workers that have been asked and are still connected. */
  readonly workersAsked = new Set<WorkerSession>();
  /** What it waits for, for whoever gives it up. */
  waitsFor = 'the run has not been looked at';
  #isOpen = true;
  #floor: Floor | undefined;
  #ridesWith: number | undefined;
  #resolve: (answer: QueryAnswer) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #whenEnded: (() => void)[] = [];

  constructor(queryId: string, asked: Asked) {
    this.queryId = queryId;
    this.asked = asked;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever wants to know waits for it; nobody may.
    this.answer.catch(() => {});
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The run that has been looked at for it; undefined before that. */
  get seenRunId(): string | undefined {
    return this.#floor?.runId;
  }

  /** Whether somebody is about to answer it. */
  get isUnderWay(): boolean {
    return this.isBeingAsked || this.#ridesWith !== undefined;
  }

  /** Called once, when it is answered or given up. */
  whenEnded(then: () => void): void {
    if (this.#isOpen) this.#whenEnded.push(then);
    else then();
  }

  answered(answer: QueryAnswer): void {
    this.#end(() => this.#resolve(answer));
  }

  fail(error: Error): void {
    this.#end(() => this.#reject(error));
  }

  /** The run stands so: a task with which the question went out may have ended without an answer. */
  saw(state: ExecutionState): void {
    const { runId, nextEventId, workflowTask: task } = state;
    const isStarted = task !== undefined && task.startedEventId > 0;
    if (this.#floor?.runId !== runId) {
      this.#floor = { runId, nextEventId, fence: isStarted ? task.fence : undefined };
    }
    if (!isStarted || task.fence !== this.#ridesWith) this.#ridesWith = undefined;
  }

  /** Whether it may go along with a task that leaves now. */
  mayRide({ runId, startedEventId, fence }: WorkflowTask): boolean {
    const floor = this.#floor;
    if (!floor || !this.#isOpen || this.isUnderWay || floor.runId !== runId) return false;
    return startedEventId >= floor.nextEventId && fence !== floor.fence;
  }

  /** It goes along with the task of this fence. */
  ride(fence: number): WorkflowQuery {
    this.#ridesWith = fence;
    return this.query;
  }

  ridesWith(runId: string, fence: number): boolean {
    return this.#isOpen && this.#ridesWith === fence && this.#floor?.runId === runId;
  }

  /** As a worker is asked. */
  get query(): WorkflowQuery {
    const { queryName, args, header } = this.asked;
    return { queryId: this.queryId, queryName, args, header };
  }

  #end(settle: () => void): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    settle();
    for (const then of this.#whenEnded.splice(0)) then();
  }
}
