/** `SessionStore` in memory. */
import type { SessionStore } from '@perdure/ports';

/** Leases of worker sessions. */
export class MemorySessionStore implements SessionStore {
  readonly #leases = new Map<string, number>();

  async renewSessions(sessionIds: readonly string[], expiresAt: number): Promise<void> {
    for (const id of sessionIds) this.#leases.set(id, expiresAt);
  }

  async liveSessions(sessionIds: readonly string[], now: number): Promise<Set<string>> {
    return new Set(sessionIds.filter((id) => (this.#leases.get(id) ?? now) > now));
  }

  async endSessions(sessionIds: readonly string[], now: number): Promise<void> {
    for (const id of sessionIds) this.#leases.delete(id);
    for (const [id, expiresAt] of this.#leases) if (expiresAt <= now) this.#leases.delete(id);
  }
}
