/**
 * How many tasks a worker runs at once, said by a tuner: one number for each kind of task. Tuners
 * that watch memory and processor, or decide task by task, are refused: work is pushed to the slots
 * that a worker has granted, and those are not taken back.
 */
import { ValueError } from '@perdure/common';

/** So many tasks of a kind at once. */
export interface FixedSizeSlotSupplier {
  type: 'fixed-size';
  numSlots: number;
}

/** How many tasks of each kind; instead of the options `maxConcurrent…Executions`. */
export interface TunerHolder {
  workflowTaskSlotSupplier: FixedSizeSlotSupplier;
  activityTaskSlotSupplier: FixedSizeSlotSupplier;
  localActivityTaskSlotSupplier: FixedSizeSlotSupplier;
  /** Without effect: there are no such tasks. */
  nexusTaskSlotSupplier?: FixedSizeSlotSupplier;
}

/** See {@link TunerHolder}. */
export type WorkerTuner = TunerHolder;

/** What tuners and single numbers say, the one in place of the other. */
export interface SlotOptions {
  tuner?: WorkerTuner;
  maxConcurrentWorkflowTaskExecutions?: number;
  maxConcurrentActivityTaskExecutions?: number;
  maxConcurrentLocalActivityExecutions?: number;
}

/** Which supplier of a tuner stands for which option. */
const suppliers = {
  maxConcurrentWorkflowTaskExecutions: 'workflowTaskSlotSupplier',
  maxConcurrentActivityTaskExecutions: 'activityTaskSlotSupplier',
  maxConcurrentLocalActivityExecutions: 'localActivityTaskSlotSupplier',
} as const;

/** Name of the option that tells how many tasks of a kind run at once. */
export type SlotOption = keyof typeof suppliers;

/**
 * How many tasks of a kind run at once.
 *
 * @throws ValueError for a number that cannot be right, a tuner of another kind, or for both
 */
export function slotsOf(options: SlotOptions, option: SlotOption, fallback: number): number {
  const { tuner } = options;
  const supplier = suppliers[option];
  if (tuner === undefined) return atLeastOne(option, options[option] ?? fallback);
  if (options[option] !== undefined) {
    throw new ValueError(
      `WorkerOptions.${option} and tuner.${supplier} say the same thing; give one of them`,
    );
  }
  return atLeastOne(`tuner.${supplier}.numSlots`, fixedSize(tuner, supplier).numSlots);
}

function fixedSize(tuner: WorkerTuner, supplier: keyof TunerHolder): FixedSizeSlotSupplier {
  const given: { readonly type?: string } | undefined = tuner[supplier];
  if (given?.type === 'fixed-size') return given as FixedSizeSlotSupplier;
  const kind = 'tunerOptions' in tuner ? 'resource-based' : (given?.type ?? 'none');
  throw new ValueError(
    `WorkerOptions.tuner.${supplier} must be { type: 'fixed-size', numSlots: … }; got ${kind}. Give a fixed number, and run more workers where one is not enough`,
  );
}

/** @throws ValueError for a number of an option that is not whole, or less than 1 */
export function atLeastOne(field: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ValueError(
    `WorkerOptions.${field} must be a whole number of at least 1; got ${String(value)}`,
  );
}
