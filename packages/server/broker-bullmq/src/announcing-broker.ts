/**
 * What the brokers have in common, whatever carries their messages: whom they wake, that they listen
 * to others only once somebody wants to hear of them, and how they end. Nothing that fails after
 * {@link close} is worth a word.
 */
import type { Logger } from '@perdure/common';
import type { AnnouncedTask, QueueKey, TaskBroker } from '@perdure/ports';
import { shownError } from './shown-error.ts';
import { WakeUps } from './wake-ups.ts';

/** See the module comment. */
export abstract class AnnouncingBroker implements TaskBroker {
  protected readonly wakeUps: WakeUps;
  readonly #logger: Logger;
  #listens = false;
  #closing: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.wakeUps = new WakeUps(logger);
  }

  abstract announce(tasks: readonly AnnouncedTask[]): Promise<void>;
  abstract take(queue: QueueKey, max: number): Promise<string[]>;
  abstract tell(note: string): void;
  abstract intact(): Promise<boolean>;

  onAnnounced(listener: (queue: QueueKey) => void, missed?: () => void): () => void {
    const unsubscribe = this.wakeUps.subscribe(listener, missed);
    this.#listen();
    return unsubscribe;
  }

  onTold(listener: (note: string) => void): () => void {
    const unsubscribe = this.wakeUps.onTold(listener);
    this.#listen();
    return unsubscribe;
  }

  close(): Promise<void> {
    this.wakeUps.clear();
    this.#closing ??= this.disconnect();
    return this.#closing;
  }

  /** Begins to hear the messages of other processes. Called once at most. */
  protected abstract listen(): void;

  /** Carries messages to other processes. */
  protected abstract publish(messages: readonly string[]): void;

  /** Ends every connection. Called once at most. */
  protected abstract disconnect(): Promise<void>;

  protected get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Wakes whoever waits for tasks of these queues, in this process and in others.
   *
   * @param limit bytes that a message may have
   */
  protected wake(queues: readonly QueueKey[], limit: number): void {
    this.wakeUps.announced(queues);
    this.publish(this.wakeUps.messages(queues, limit));
  }

  /** For what may fail without harm to the caller: lost wake-ups are made good by the sweep. */
  protected quietly(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.log('debug', 'the broker left something undone', error));
  }

  protected log(level: 'debug' | 'warn', message: string, error: unknown): void {
    if (!this.isClosing) this.#logger[level](message, { error: shownError(error).message });
  }

  #listen(): void {
    if (this.#listens || this.isClosing) return;
    this.#listens = true;
    this.listen();
  }
}
