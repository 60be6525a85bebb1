/** Random ids that are the same when the run is replayed. */
import { currentRun } from './runtime/current-run.ts';
import { randomUuid } from './runtime/random.ts';

/** A version 4 UUID from the run's own random numbers; the same on replay. */
export function uuid4(): string {
  return randomUuid(currentRun('uuid4()').random);
}
