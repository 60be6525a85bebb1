/**
 * Keeps the leases of this server's worker sessions, and tells whether a session that is not
 * connected here lives on another server.
 */
import type { Clock, Logger } from '@perdure/common';
import type { SessionStore } from '@perdure/ports';

const RENEW_MS = 3_000;
const LEASE_MS = 10_000;
/** Renewals between two removals of what has expired. */
const CLEAN_UP_ROUNDS = 20;

export interface SessionPumpParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** No other server shares the store: a session unknown here lives nowhere. No leases are kept. */
  readonly alone: boolean;
  /** Names of the sessions connected here, unique over all namespaces. */
  sessionNames(): string[];
}

export class SessionPump {
  readonly #parts: SessionPumpParts;
  #timer: NodeJS.Timeout | undefined;
  #rounds = 0;

  constructor(parts: SessionPumpParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.alone) return;
    this.#timer = setInterval(() => void this.#renew(), RENEW_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Leases a session at once, so that no other server takes its tasks for lost. */
  async opened(name: string): Promise<void> {
    if (this.#parts.alone) return;
    const { store, clock } = this.#parts;
    await store.renewSessions([name], clock.now() + LEASE_MS);
  }

  /** Ends the lease of a session that has said goodbye. */
  async ended(name: string): Promise<void> {
    if (this.#parts.alone) return;
    await this.#try('end a lease', () => this.#parts.store.endSessions([name], this.#now()));
  }

  /** Those of these sessions that live on some other server. */
  async liveElsewhere(names: readonly string[]): Promise<Set<string>> {
    if (this.#parts.alone) return new Set();
    return this.#parts.store.liveSessions(names, this.#now());
  }

  async #renew(): Promise<void> {
    const names = this.#parts.sessionNames();
    const { store } = this.#parts;
    if (names.length > 0) {
      await this.#try('renew leases', () => store.renewSessions(names, this.#now() + LEASE_MS));
    }
    this.#rounds += 1;
    if (this.#rounds % CLEAN_UP_ROUNDS !== 0) return;
    await this.#try('remove expired leases', () => store.endSessions([], this.#now()));
  }

  async #try(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn(`could not ${what} of worker sessions`, { error: String(error) });
    }
  }

  #now(): number {
    return this.#parts.clock.now();
  }
}
