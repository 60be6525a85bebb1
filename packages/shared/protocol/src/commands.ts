/** What a workflow asks for at the end of a workflow task (Temporal's command types). */
import { failure } from './failure.ts';
import { blob } from './payload.ts';
import { type ValueOf, count, name, optional, record, variant } from './record.ts';
import { retryPolicy } from './retry-policy.ts';

export const command = variant('commandType', {
  ScheduleActivityTask: [
    1,
    record({
      activityId: name,
      activityType: name,
      /** Default: the workflow's. */
      taskQueue: optional(name),
      input: optional(blob),
      scheduleToCloseTimeoutMs: optional(count),
      scheduleToStartTimeoutMs: optional(count),
      startToCloseTimeoutMs: optional(count),
      heartbeatTimeoutMs: optional(count),
      /** Default: semantics 13. */
      retryPolicy: optional(retryPolicy),
      header: optional(blob),
    }),
  ],
  RequestCancelActivityTask: [2, record({ activityId: name })],
  StartTimer: [3, record({ timerId: name, startToFireTimeoutMs: count })],
  CancelTimer: [4, record({ timerId: name })],
  CompleteWorkflowExecution: [5, record({ result: optional(blob) })],
  FailWorkflowExecution: [6, record({ failure })],
  CancelWorkflowExecution: [7, record({ details: optional(blob) })],
});

/** One command. */
export type Command = ValueOf<typeof command>;

/** Name of a command type. */
export type CommandType = Command['commandType'];

/** The command of one type. */
export type CommandOf<T extends CommandType> = Extract<Command, { commandType: T }>;

/** Whether a command closes the run; it must be the last of its task (semantics, rule 4). */
export function isCloseCommand(value: Command): boolean {
  return (
    value.commandType === 'CompleteWorkflowExecution' ||
    value.commandType === 'FailWorkflowExecution' ||
    value.commandType === 'CancelWorkflowExecution'
  );
}
