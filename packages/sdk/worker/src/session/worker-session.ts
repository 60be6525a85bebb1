/**
 * The worker's end of its session with the server: grants slots, reports completions until they are
 * acknowledged, and keeps all of it across reconnects.
 *
 * Guarantee: a completion handed to {@link complete} is reported until the server answers, however
 * often the connection breaks; the server records it once.
 *
 * Best effort: of the heartbeats of an attempt while there is no connection, the last is sent when
 * there is one.
 */
import { randomUUID } from 'node:crypto';
import { type Channel, type Connection, reconnectDelay } from '@perdure/client';
import { type ErrorCode, type Logger, PerdureServiceError } from '@perdure/common';
import type {
  Ack,
  ActivityTask,
  ActivityToken,
  Completion,
  Heartbeat,
  QueryAnswer,
  QueryTask,
  WorkflowTask,
  WorkflowTaskToken,
} from '@perdure/protocol';
import { CreditRate } from './credit-rate.ts';
import { ServerClock } from './server-clock.ts';

/** What a session hands to the worker. */
export interface SessionListener {
  workflowTask(task: WorkflowTask): void;
  activityTask(task: ActivityTask): void;
  cancelActivity(token: ActivityToken): void;
  /** Takes no slot; the answer goes to {@link WorkerSession.answer}. */
  query(query: QueryTask): void;
  /** Queries wait for the task that is being done of a run. */
  hurry(runId: string): void;
  /** Tasks under way; asked when the session is resumed. */
  runningActivities(): ActivityToken[];
  runningWorkflowTasks(): WorkflowTaskToken[];
  /** The session has ended for good. */
  failed(error: Error): void;
}

export interface SessionFacts {
  readonly namespace: string;
  readonly taskQueue: string;
  readonly identity: string;
  readonly workflowTypes: readonly string[];
  readonly activityTypes: readonly string[];
  readonly workflowSlots: number;
  readonly activitySlots: number;
  /** How many activities may begin in a second. Default: any number. */
  readonly activitiesPerSecond?: number;
}

/** Refusals of a worker that pass by themselves: the server's store is away, say. */
const PASSING: readonly ErrorCode[] = ['UNAVAILABLE', 'INTERNAL'];

type Unnumbered<C> = C extends Completion ? Omit<C, 'n'> : never;
/** A completion that has no number yet. */
export type NewCompletion = Unnumbered<Completion>;

interface Unacknowledged {
  readonly completion: Completion;
  readonly onAck: (ack: Ack) => void;
}

export class WorkerSession {
  readonly clock = new ServerClock();
  readonly #sessionId = randomUUID();
  readonly #facts: SessionFacts;
  readonly #listener: SessionListener;
  readonly #log: Logger;
  readonly #channel: Channel;
  readonly #activityRate: CreditRate | undefined;
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #opened: Promise<void>;
  #openedOnce: () => void = () => {};
  #refusedOnce: (error: Error) => void = () => {};
  #isOpen = false;
  #draining = false;
  #nextNumber = 1;
  /** Slots in use; the rest is the server's to fill. */
  #busy = { workflow: 0, activity: 0 };
  /** Slots that came free between introducing ourselves and being let in. */
  #freedMeanwhile = { workflow: 0, activity: 0 };
  #idleWaiters: (() => void)[] = [];
  /** The latest of each attempt that could not be sent. */
  readonly #unsentHeartbeats = new Map<string, Heartbeat>();
  /** Refusals in a row. */
  #refusals = 0;
  #again: NodeJS.Timeout | undefined;

  constructor(connection: Connection, facts: SessionFacts, listener: SessionListener, log: Logger) {
    this.#facts = facts;
    this.#listener = listener;
    this.#log = log;
    const { activitiesPerSecond: perSecond } = facts;
    this.#activityRate =
      perSecond === undefined
        ? undefined
        : new CreditRate({
            perSecond,
            grant: (credits) => this.#grant(0, credits),
            mayGrant: () => this.#isOpen && !this.#draining,
            now: () => performance.now(),
          });
    this.#opened = new Promise((resolve, reject) => {
      this.#openedOnce = resolve;
      this.#refusedOnce = reject;
    });
    this.#channel = connection.stream.openChannel({
      connected: () => this.#hello(),
      disconnected: (why) => this.#disconnected(why),
      opened: ({ serverTimeMs }) => this.#nowOpen(serverTimeMs),
      refused: ({ code, message }) => this.#refused(code, message),
      tasks: (message) => {
        this.#refusals = 0;
        this.clock.observe(message.serverTimeMs);
        for (const ack of message.acks) this.#acknowledged(ack);
        for (const task of message.workflowTasks) this.#takeWorkflowTask(task);
        for (const task of message.activityTasks) this.#takeActivityTask(task);
        for (const query of message.queries ?? []) listener.query(query);
        for (const runId of message.hurried ?? []) listener.hurry(runId);
      },
      cancelActivities: ({ tokens }) => tokens.forEach((token) => listener.cancelActivity(token)),
      failed: (error) => this.#failed(error),
    });
  }

  /** Resolves once the server has accepted the worker. Rejects when it refuses it. */
  ready(): Promise<void> {
    return this.#opened;
  }

  /** Reports until acknowledged. */
  complete(completion: NewCompletion, onAck: (ack: Ack) => void): void {
    const numbered = { ...completion, n: this.#nextNumber++ } as Completion;
    this.#unacknowledged.set(numbered.n, { completion: numbered, onAck });
    if (this.#isOpen) this.#report([numbered]);
  }

  /** Answers a query. Without a connection it is dropped: the server asks somebody else. */
  answer(answer: QueryAnswer): void {
    if (!this.#isOpen) return;
    const { number: channel } = this.#channel;
    this.#channel.send({ kind: 'answerQueries', channel, answers: [answer] });
  }

  /** Sends it, or keeps it until it can be sent and it is still the attempt's last. */
  heartbeat(heartbeat: Heartbeat): void {
    if (this.#isOpen) this.#sendHeartbeats([heartbeat]);
    else this.#unsentHeartbeats.set(keyOf(heartbeat.token), heartbeat);
  }

  /**
   * Whether an activity that the server has handed to this worker is still the worker's to begin.
   *
   * @returns true at once, unless this process has stood still; then whether the server answers on
   *   the connection it gave the task on. One that does not may have handed it on
   */
  mayBegin(): true | Promise<boolean> {
    return this.#channel.isCountedOn();
  }

  /** A slot is free again; the server may fill it. */
  free(kind: 'workflow' | 'activity'): void {
    this.#busy[kind] -= 1;
    if (this.#draining) return;
    if (kind === 'activity' && this.#activityRate) this.#activityRate.offer();
    else if (!this.#isOpen) this.#freedMeanwhile[kind] += 1;
    else this.#grant(kind === 'workflow' ? 1 : 0, kind === 'activity' ? 1 : 0);
  }

  #sendHeartbeats(heartbeats: readonly Heartbeat[]): void {
    this.#channel.send({ kind: 'heartbeat', channel: this.#channel.number, heartbeats });
  }

  #grant(workflow: number, activity: number): void {
    this.#channel.send({ kind: 'credit', channel: this.#channel.number, workflow, activity });
  }

  /** A slot is taken by an activity that came with an acknowledgement. */
  occupyActivity(): void {
    this.#busy.activity += 1;
    this.#activityRate?.spent();
  }

  /** Asks for no more tasks. */
  drain(): void {
    this.#draining = true;
    this.#activityRate?.stop();
    if (this.#isOpen) this.#channel.send({ kind: 'drainWorker', channel: this.#channel.number });
  }

  /** Completions without an answer yet. */
  get unacknowledged(): number {
    return this.#unacknowledged.size;
  }

  /** Resolves once everything reported has been acknowledged. */
  async settled(): Promise<void> {
    if (this.#unacknowledged.size === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Says goodbye. */
  close(): void {
    if (this.#isOpen) this.#channel.send({ kind: 'closeWorker', channel: this.#channel.number });
    this.#isOpen = false;
    this.#activityRate?.stop();
    clearTimeout(this.#again);
    // After what was just said has left.
    setImmediate(() => this.#channel.close());
  }

  #hello(): void {
    this.#freedMeanwhile = { workflow: 0, activity: 0 };
    const { namespace, taskQueue, identity, workflowTypes, activityTypes } = this.#facts;
    const freeActivitySlots = this.#facts.activitySlots - this.#busy.activity;
    this.#channel.send({
      kind: 'openWorker',
      channel: this.#channel.number,
      sessionId: this.#sessionId,
      namespace,
      taskQueue,
      identity,
      workflowTypes,
      activityTypes,
      workflowCredit: this.#draining ? 0 : this.#facts.workflowSlots - this.#busy.workflow,
      activityCredit: this.#draining
        ? 0
        : (this.#activityRate?.restart(freeActivitySlots) ?? freeActivitySlots),
      runningActivities: [...this.#listener.runningActivities(), ...this.#reportedActivities()],
      runningWorkflowTasks: [...this.#listener.runningWorkflowTasks(), ...this.#reportedTasks()],
    });
  }

  #nowOpen(serverTimeMs: number): void {
    this.clock.observe(serverTimeMs);
    this.#isOpen = true;
    const { workflowSlots, activitySlots } = this.#facts;
    this.#log.debug('the worker is connected', { workflowSlots, activitySlots });
    const { workflow, activity } = this.#freedMeanwhile;
    if (workflow + activity > 0 && !this.#draining) this.#grant(workflow, activity);
    this.#activityRate?.pump();
    if (this.#unacknowledged.size > 0) {
      this.#report([...this.#unacknowledged.values()].map(({ completion }) => completion));
    }
    this.#catchUpOnHeartbeats();
    if (this.#draining) this.drain();
    this.#openedOnce();
  }

  #catchUpOnHeartbeats(): void {
    const running = new Set(this.#listener.runningActivities().map(keyOf));
    const unsent = [...this.#unsentHeartbeats].filter(([key]) => running.has(key));
    this.#unsentHeartbeats.clear();
    if (unsent.length > 0) this.#sendHeartbeats(unsent.map(([, heartbeat]) => heartbeat));
  }

  #disconnected(why: string): void {
    this.#isOpen = false;
    clearTimeout(this.#again);
    this.#log.warn('the connection to the server is lost; reconnecting', {
      why,
      unacknowledged: this.#unacknowledged.size,
    });
  }

  #refused(code: ErrorCode, message: string): void {
    this.#isOpen = false;
    if (!PASSING.includes(code)) return this.#failed(new PerdureServiceError(code, message));
    this.#log.warn('the server cannot take the worker now; asking again', { code, message });
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#hello(), reconnectDelay(this.#refusals++));
  }

  #failed(error: Error): void {
    this.#isOpen = false;
    clearTimeout(this.#again);
    this.#refusedOnce(error);
    this.#opened.catch(() => {});
    this.#listener.failed(error);
  }

  #report(completions: readonly Completion[]): void {
    this.#channel.send({ kind: 'complete', channel: this.#channel.number, completions });
  }

  #acknowledged(ack: Ack): void {
    const waiting = this.#unacknowledged.get(ack.n);
    if (!waiting) return;
    this.#unacknowledged.delete(ack.n);
    waiting.onAck(ack);
    if (this.#unacknowledged.size > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  #takeWorkflowTask(task: WorkflowTask): void {
    this.#busy.workflow += 1;
    this.#listener.workflowTask(task);
  }

  #takeActivityTask(task: ActivityTask): void {
    this.#busy.activity += 1;
    this.#activityRate?.spent();
    this.#listener.activityTask(task);
  }

  /** Attempts whose outcome has been reported and not acknowledged: not lost. */
  #reportedActivities(): ActivityToken[] {
    const tokens: ActivityToken[] = [];
    for (const { completion } of this.#unacknowledged.values()) {
      if (completion.kind === 'step') {
        const { workflowId, runId } = completion;
        for (const { scheduledEventId, attempt } of completion.results) {
          tokens.push({ workflowId, runId, scheduledEventId, attempt });
        }
      } else if ('scheduledEventId' in completion.token) {
        tokens.push(completion.token);
      }
    }
    return tokens;
  }

  #reportedTasks(): WorkflowTaskToken[] {
    const tokens: WorkflowTaskToken[] = [];
    for (const { completion } of this.#unacknowledged.values()) {
      if (completion.kind !== 'step' && 'startedEventId' in completion.token) {
        tokens.push(completion.token);
      }
    }
    return tokens;
  }
}

function keyOf({ runId, scheduledEventId, attempt }: ActivityToken): string {
  return `${runId}.${scheduledEventId}.${attempt}`;
}
