/**
 * All workloads in the order in which they run: those that count bytes and commits come first, on a
 * database that holds nothing else yet; the one that kills the worker comes last.
 */
import type { WorkloadId } from '../results.ts';
import type { Workload } from '../workload.ts';
import { startToResult } from './w1-start-to-result.ts';
import { stepsInARow } from './w2-steps-in-a-row.ts';
import { throughput } from './w3-throughput.ts';
import { stepsAtOnce } from './w4-steps-at-once.ts';
import { signalToReaction } from './w5-signal-to-reaction.ts';
import { parked } from './w6-parked.ts';
import { recovery } from './w7-recovery.ts';
import { durableCost } from './w8-durable-cost.ts';

export const workloads: { readonly [Id in WorkloadId]: Workload<Id> } = {
  W8: durableCost,
  W6: parked,
  W1: startToResult,
  W2: stepsInARow,
  W3: throughput,
  W4: stepsAtOnce,
  W5: signalToReaction,
  W7: recovery,
};

export const workloadIds = Object.keys(workloads) as WorkloadId[];
