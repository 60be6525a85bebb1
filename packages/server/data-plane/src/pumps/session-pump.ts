/**
 * Keeps the leases of this server's worker sessions, and tells whether a session that is not
 * connected here lives on another server.
 */
import type { Clock, Logger } from '@perdure/common';
import type { SessionStore } from '@perdure/ports';

const RENEW_MS = 3_000;
const LEASE_MS = 10_000;

export interface SessionPumpParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** No other server shares the store: a session unknown here lives nowhere. No leases are kept. */
  readonly alone: boolean;
  sessionIds(): string[];
}

export class SessionPump {
  readonly #parts: SessionPumpParts;
  #timer: NodeJS.Timeout | undefined;

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
  async opened(sessionId: string): Promise<void> {
    if (this.#parts.alone) return;
    const { store, clock } = this.#parts;
    await store.renewSessions([sessionId], clock.now() + LEASE_MS);
  }

  /** Those of these sessions that live on some other server. */
  async liveElsewhere(sessionIds: readonly string[]): Promise<Set<string>> {
    if (this.#parts.alone) return new Set();
    return this.#parts.store.liveSessions(sessionIds, this.#parts.clock.now());
  }

  async #renew(): Promise<void> {
    const { store, clock, log } = this.#parts;
    const ids = this.#parts.sessionIds();
    if (ids.length === 0) return;
    try {
      await store.renewSessions(ids, clock.now() + LEASE_MS);
    } catch (error) {
      log.warn('could not renew the leases of the worker sessions', { error: String(error) });
    }
  }
}
