/**
 * Which worker sessions live, across all server processes: a lease per session that its process
 * renews. A task whose session has no lease is lost and is handed on.
 */
export interface SessionStore {
  /** Gives these sessions a lease until `expiresAt`. One round trip. */
  renewSessions(sessionIds: readonly string[], expiresAt: number): Promise<void>;
  /** Those of these sessions that hold a lease at `now`. */
  liveSessions(sessionIds: readonly string[], now: number): Promise<Set<string>>;
  /** Ends leases before their time, and removes expired ones. */
  endSessions(sessionIds: readonly string[], now: number): Promise<void>;
}
