/** What the commands of one task share while their events are written. */
import type { Draft } from '../draft.ts';
import type { Closing } from './record-close.ts';

export interface Recording {
  readonly draft: Draft;
  readonly workflowTaskCompletedEventId: number;
  readonly identity: string;
  /** Set when the last command closes the run. */
  readonly closing: Closing | undefined;
  /** Scheduled event id by activity id; filled when a command first asks. */
  activityIds: Map<string, number> | undefined;
}
