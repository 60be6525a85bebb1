/**
 * The events a run's worker has not been sent yet, in byte form: those after the last
 * WorkflowTaskStarted. Kept only while the run is in memory; a worker that needs more fetches it.
 */
import { type HistoryEvent, concatBytes, encodeEvent } from '@perdure/protocol';

/** Most bytes kept: a worker for which this is too little reads the history from the store. */
const MAX_TAIL_BYTES = 4 * 1024 * 1024;

/** Events as they go to a worker. */
export interface Segment {
  /** Id of the first event; 0 when there is none. */
  readonly firstEventId: number;
  readonly bytes: Uint8Array;
}

export class HistoryTail {
  #firstEventId = 0;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes in the events of a transition.
   *
   * @returns the whole of them as one segment for the history table, and the segment that belongs
   * to the last WorkflowTaskStarted among them, if any
   */
  append(events: readonly HistoryEvent[]): { stored: Uint8Array; forTask: Segment | undefined } {
    const encoded: Uint8Array[] = [];
    let forTask: Segment | undefined;
    for (const event of events) {
      const bytes = encodeEvent(event);
      encoded.push(bytes);
      this.#push(event.eventId, bytes);
      if (event.eventType === 'WorkflowTaskStarted') forTask = this.#take();
    }
    return { stored: concatBytes(encoded), forTask };
  }

  /** What waits, followed by events that are not stored (a retried task's own two). */
  withTransient(events: readonly HistoryEvent[]): Segment {
    const parts = [...this.#parts, ...events.map(encodeEvent)];
    const firstEventId = this.#parts.length > 0 ? this.#firstEventId : (events[0]?.eventId ?? 0);
    return { firstEventId, bytes: concatBytes(parts) };
  }

  /** Forgets the front when it grows too large: then the segment no longer reaches back so far. */
  #push(eventId: number, bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > MAX_TAIL_BYTES) this.#clear();
    if (this.#parts.length === 0) this.#firstEventId = eventId;
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  #take(): Segment {
    const segment = { firstEventId: this.#firstEventId, bytes: concatBytes(this.#parts) };
    this.#clear();
    return segment;
  }

  #clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}
