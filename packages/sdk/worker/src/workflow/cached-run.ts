/**
 * A run that this worker holds in memory.
 *
 * States: *idle*; *busy* from the moment it is activated until the server has acknowledged what came
 * of it. Activity results that arrive while it is busy wait and go into the next step together.
 */
import type { Payload } from '@perdure/common';
import type { ActivityToken } from '@perdure/protocol';
import type { LocalActivity } from '../activity/local-activities.ts';
import type { HistoryJobs, RunPlace } from './history-jobs.ts';
import type { StepPlayer } from './step-player.ts';

/** A successful attempt of this worker whose result has not been reported yet. */
export interface WaitingResult {
  readonly token: ActivityToken;
  readonly activityId: string;
  readonly result: Payload;
}

export class CachedRun {
  readonly place: RunPlace;
  readonly workflowType: string;
  readonly player: StepPlayer;
  readonly history: HistoryJobs;
  busy = false;
  /** Where the events of the next pushed task must begin for this copy to be of use. */
  nextSegmentEventId = 1;
  /** The run's next event id, when it is known for sure: a step may be ventured on it. */
  fusibleAt: number | undefined;
  waitingResults: WaitingResult[] = [];
  lastUsed = Date.now();
  /** Local activities under way, by number. */
  readonly localActivities = new Map<number, LocalActivity>();

  constructor(place: RunPlace, workflowType: string, player: StepPlayer, history: HistoryJobs) {
    this.place = place;
    this.workflowType = workflowType;
    this.player = player;
    this.history = history;
  }

  /** Whether its copy of the workflow is gone, and it is of no use any more. */
  get lost(): boolean {
    return this.player.sandbox.lost;
  }

  /** Whether it must stay: in the middle of something, which to begin anew would be a waste. */
  get held(): boolean {
    return this.busy || this.localActivities.size > 0;
  }

  /** Lets go of it all. */
  dispose(): void {
    for (const activity of this.localActivities.values()) activity.abandon();
    this.localActivities.clear();
    this.player.sandbox.dispose();
  }
}
