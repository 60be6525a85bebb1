/**
 * What the benchmark asks the processes that it has started, over their IPC channel, and how they
 * answer. A process whose channel closes ends: none outlives the benchmark, however that ends.
 */

/** Memory of a process after a collection, in bytes. */
export interface Memory {
  /** JavaScript heap and buffers. */
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** When a workflow was told something, in milliseconds since the Unix epoch. */
export interface Reaction {
  readonly workflowId: string;
  readonly at: number;
}

/** Answers by question. */
export interface Answers {
  /** CPU time since the process began, in milliseconds. */
  cpuMs: number;
  memory: Memory;
  /** Runs that a worker keeps in memory. */
  cachedRuns: number;
  /** Those since the last time it was asked. */
  reactions: Reaction[];
}

export type Question = keyof Answers;

/** From the benchmark to a process. */
export interface Ask {
  readonly id: number;
  readonly question: Question;
}

/** From a process to the benchmark. */
export type Told =
  | { readonly kind: 'ready'; readonly greeting: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown };

type OwnAnswers = { [Q in 'cachedRuns' | 'reactions']?: () => Answers[Q] };

/**
 * Answers questions until the benchmark lets go, then calls `end`, once.
 *
 * @param own answers that only this process has
 */
export function answerBenchmark(own: OwnAnswers, end: () => Promise<void>): void {
  const answers: { [Q in Question]?: () => Answers[Q] } = { cpuMs, memory, ...own };
  process.on('message', ({ id, question }: Ask) => {
    tell({ kind: 'answer', id, answer: answers[question]?.() });
  });
  let ending: Promise<void> | undefined;
  const finish = (): void => {
    ending ??= end().finally(() => process.exit());
  };
  process.once('disconnect', finish);
  process.once('SIGTERM', finish);
  process.once('SIGINT', finish);
  if (!process.connected) finish();
}

/** Tells the benchmark that this process is ready to be measured. */
export function sayReady(greeting: unknown = {}): void {
  tell({ kind: 'ready', greeting });
}

function tell(message: Told): void {
  if (process.connected) process.send?.(message);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function memory(): Memory {
  // What the first collection frees of finalizers and buffers, the second one counts.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}
