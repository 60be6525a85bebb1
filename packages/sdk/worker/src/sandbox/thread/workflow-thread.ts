/**
 * A workflow thread, as main sees it: requests go out in lists, answers come back in order.
 *
 * States: *starting* and *serving* (requests are taken in both); *ended*, by main or by itself, which
 * is for ever: whatever was asked of it and not answered is rejected. If one request is to blame, it
 * is rejected with the reason, and the others, which merely waited, as lost.
 *
 * When the thread has nothing else to do and answers fast, main sleeps until the answer is there,
 * for a short while at most: that is several times cheaper than a turn of the event loop. Else the
 * answer comes by the event loop. What is asked for in one turn of the loop travels as one list,
 * but for the first of it, which may be all there is.
 */
import { Worker } from 'node:worker_threads';
import { DeadlockError } from '../interface.ts';
import { type Endpoint, createChannel, following } from './channel.ts';
import type { Answer, AnswerTo, Answers, Request, ThreadData } from './messages.ts';

/** How long main sleeps for an answer at most, milliseconds. */
const PATIENCE_MS = 2;
/** A list that is longer is not slept for: main has better things to do meanwhile. */
const MAX_AWAITED = 8;
/** So many requests travel together at most, so that answers do not wait long for each other. */
const MAX_LIST = 32;
/** How often the watchdog looks within the time that a request may take. */
const LOOKS = 5;
/** What a thread is asked first, loading, may take so long at least, milliseconds. */
const LOADING_MS = 5_000;
const FIRST = following(0);
/** So long may what wants no answer wait for something to travel with, milliseconds. */
const TELLING_DELAY_MS = 100;

/** What a thread is made of. */
export interface WorkflowThreadParts {
  /** Its script. */
  readonly code: string;
  /** For people: shown by debuggers and profilers. */
  readonly name: string;
  /** How long a request may take, milliseconds. */
  readonly timeoutMs: number;
  /** Most memory that it may have, megabytes. Default: Node's. */
  readonly maxHeapMb?: number;
}

/** A request that was not carried out because the thread ended, for no fault of the request. */
export class ThreadEndedError extends Error {
  override readonly name = 'ThreadEndedError';
}

/** A request, and what came of it. */
class Asked {
  readonly request: Request;
  /** The thread says that it is busy with this number. */
  readonly number: number;
  #outcome: { readonly value: unknown } | { readonly error: Error } | undefined;
  #waiting: Waiting | undefined;

  constructor(request: Request, number: number) {
    this.request = request;
    this.number = number;
  }

  resolve(value: unknown): void {
    this.#outcome = { value };
    this.#waiting?.resolve(value);
  }

  reject(error: Error): void {
    this.#outcome = { error };
    this.#waiting?.reject(error);
  }

  /** Itself if it is there, else a promise of it. */
  get answer(): unknown {
    const outcome = this.#outcome;
    if (outcome && 'value' in outcome) return outcome.value;
    if (outcome) return Promise.reject(outcome.error);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** See the head of this file. */
export class WorkflowThread {
  /** Runs that it holds. */
  runs = 0;
  readonly #worker: Worker;
  readonly #endpoint: Endpoint;
  readonly #busyWith = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #timeoutMs: number;
  readonly #ended: Promise<unknown>;
  /** Asked for and not sent yet. */
  #outbox: Asked[] = [];
  /** Lists that are sent and not answered. */
  readonly #sent: (readonly Asked[])[] = [];
  #number = 0;
  /** Whether the present turn of the event loop ends with a flush. */
  #gathers = false;
  #holdsProcess = false;
  #answersFast = false;
  #whyEnded: string | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  /** What the watchdog saw when it looked last, and how often it has seen just that. */
  #seen = { number: 0, looks: 0 };
  #delayed: NodeJS.Timeout | undefined;

  constructor({ code, name, timeoutMs, maxHeapMb }: WorkflowThreadParts) {
    this.#timeoutMs = timeoutMs;
    const { main, thread } = createChannel();
    this.#endpoint = main;
    this.#worker = new Worker(code, {
      eval: true,
      name,
      workerData: { channel: thread, busyWith: this.#busyWith } satisfies ThreadData,
      transferList: [thread.port],
      // Workflow code sees none of it; loaders and profilers of the process are not for the thread.
      argv: [],
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    this.#worker.unref();
    this.#worker.on('error', (error) => this.#died(`it failed: ${error.message}`));
    this.#ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    void this.#ended.then(() => this.#died('it ended by itself'));
    main.onMessage(() => this.#receive());
  }

  /** Why it ended; undefined while it lives. */
  get whyEnded(): string | undefined {
    return this.#whyEnded;
  }

  /**
   * Asks the thread for something. The answer itself, if it is there at once.
   *
   * @throws ThreadEndedError (as a rejection) when the thread ended meanwhile, or had ended
   * @throws DeadlockError (as a rejection) when this is what took too long
   * @throws Error (as a rejection) when the thread could not do it
   */
  ask<R extends Request>(request: R): AnswerTo<R> | Promise<AnswerTo<R>> {
    const asked = this.#enqueue(request);
    const isFirst = !this.#gathers;
    this.#flushSoon();
    // Alone, perhaps; what this turn asks for besides is gathered.
    if (isFirst && this.#answersFast && this.#sent.length === 0) this.#flush();
    return asked.answer as AnswerTo<R> | Promise<AnswerTo<R>>;
  }

  /** Tells the thread something that it need not answer, in order with what it is asked. */
  tell(request: Request): void {
    this.#enqueue(request);
    this.#delayed ??= setTimeout(() => {
      this.#delayed = undefined;
      this.#flush();
    }, TELLING_DELAY_MS).unref();
  }

  /** Ends it, whatever it does. */
  async end(why: string): Promise<void> {
    this.#end(why, undefined);
    await this.#ended;
  }

  #enqueue(request: Request): Asked {
    this.#number = following(this.#number);
    const asked = new Asked(request, this.#number);
    if (this.#whyEnded === undefined) this.#outbox.push(asked);
    else asked.reject(new ThreadEndedError(this.#whyEnded));
    return asked;
  }

  /** When all that this turn of the event loop asks for is there. */
  #flushSoon(): void {
    if (this.#gathers) return;
    this.#gathers = true;
    process.nextTick(() => {
      this.#gathers = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const wasBusy = this.#sent.length > 0;
    while (this.#outbox.length > 0 && this.#hasRoom) this.#sendList();
    if (!wasBusy && this.#sent.length === 1) this.#sleepForAnswer(this.#sent[0]!.length);
    if (this.#sent.length > 0) this.#leaveToEventLoop();
  }

  /** One list that it is busy with, and one to go on with; the rest gathers here meanwhile. */
  get #hasRoom(): boolean {
    return this.#whyEnded === undefined && this.#sent.length < 2 && this.#endpoint.slotIsFree;
  }

  #sendList(): void {
    const list = this.#outbox.splice(0, MAX_LIST);
    this.#sent.push(list);
    this.#endpoint.send(list.map(({ request }) => request));
  }

  #sleepForAnswer(length: number): void {
    if (!this.#answersFast || length > MAX_AWAITED) return;
    this.#answersFast = this.#endpoint.wait(PATIENCE_MS);
    if (this.#answersFast) this.#receive();
  }

  #leaveToEventLoop(): void {
    this.#holdProcess(true);
    this.#watchdog ??= setTimeout(() => this.#look(), this.#timeoutMs / LOOKS).unref();
  }

  #holdProcess(held: boolean): void {
    if (this.#holdsProcess === held) return;
    this.#holdsProcess = held;
    this.#endpoint.holdProcess(held);
  }

  #receive(): void {
    if (this.#whyEnded !== undefined) return;
    try {
      for (let answers; (answers = this.#endpoint.receive() as Answers | undefined);) {
        this.#settleList(answers);
      }
    } catch (error) {
      return this.#died(`its answer cannot be read: ${String(error)}`);
    }
    if (this.#sent.length === 0) this.#holdProcess(false);
    if (this.#outbox.length > 0) this.#flushSoon();
  }

  #settleList({ list, tookMs }: Answers): void {
    this.#answersFast = tookMs < PATIENCE_MS / 2;
    const asked = this.#sent.shift() ?? [];
    for (let i = 0; i < asked.length; i++) settle(asked[i]!, list[i]);
  }

  /**
   * Whether it is busy with the same request for too long: seen at so many looks one after another
   * that a process which was suspended, or main when it was busy itself, blames nobody.
   */
  #look(): void {
    this.#watchdog = undefined;
    this.#receive();
    if (this.#whyEnded !== undefined || this.#sent.length === 0) return;
    const number = Atomics.load(this.#busyWith, 0);
    const looks = number !== 0 && number === this.#seen.number ? this.#seen.looks + 1 : 0;
    this.#seen = { number, looks };
    const mayTakeMs = number === FIRST ? Math.max(this.#timeoutMs, LOADING_MS) : this.#timeoutMs;
    if (looks * this.#timeoutMs < mayTakeMs * LOOKS) return this.#leaveToEventLoop();
    const reason = new DeadlockError(this.#timeoutMs);
    this.#end('workflow code of another run did not come to an end', reason);
  }

  #died(why: string): void {
    const reason = new Error(
      `the thread that ran the workflow ended: ${why}. If memory ran out, keep less of it in ` +
        'workflow code; other runs of the thread are replayed',
    );
    this.#end(why, reason);
  }

  /** @param reason what the request fails with that it is busy with; undefined when none is to blame */
  #end(why: string, reason: Error | undefined): void {
    if (this.#whyEnded !== undefined) return;
    const busyWith = Atomics.load(this.#busyWith, 0);
    this.#whyEnded = why;
    clearTimeout(this.#watchdog);
    clearTimeout(this.#delayed);
    this.#endpoint.close();
    void this.#worker.terminate();
    const waiting = [...this.#sent.splice(0).flat(), ...this.#outbox.splice(0)];
    for (const asked of waiting) {
      asked.reject(reason && asked.number === busyWith ? reason : new ThreadEndedError(why));
    }
  }
}

function settle(asked: Asked, answer: Answer): void {
  if (answer === undefined || !('error' in answer)) return asked.resolve(answer);
  const error = new Error(answer.error);
  error.stack = answer.stack ?? error.stack;
  asked.reject(error);
}
