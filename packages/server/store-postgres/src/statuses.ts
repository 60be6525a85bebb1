/** Statuses as the numbers that tables hold. The list only ever grows at its end. */
import { WorkflowExecutionStatus } from '@perdure/common';

const numbered = [
  WorkflowExecutionStatus.RUNNING,
  WorkflowExecutionStatus.COMPLETED,
  WorkflowExecutionStatus.FAILED,
  WorkflowExecutionStatus.CANCELLED,
  WorkflowExecutionStatus.TERMINATED,
  WorkflowExecutionStatus.CONTINUED_AS_NEW,
  WorkflowExecutionStatus.TIMED_OUT,
] as const satisfies readonly WorkflowExecutionStatus[];

/** Number of an open run. */
export const RUNNING = 1;

/** Every number in use. */
export const statusNumbers: readonly number[] = numbered.map((_, at) => at + 1);

export function statusNumber(status: WorkflowExecutionStatus): number {
  return numbered.indexOf(status) + 1;
}

/** @throws RangeError for a number that this build does not know */
export function statusOf(number: number): WorkflowExecutionStatus {
  const status = numbered[number - 1];
  if (status) return status;
  throw new RangeError(
    `a stored run has status number ${number}; this build knows 1 to ${numbered.length}: upgrade it`,
  );
}
