/** What a workflow asks for at the end of a workflow task (Temporal's command types). */
import { failure } from './failure.ts';
import { blob } from './payload.ts';
import {
  type ValueOf,
  count,
  flag,
  map,
  name,
  optional,
  record,
  text,
  uuid,
  variant,
} from './record.ts';
import { retryPolicy } from './retry-policy.ts';
import { searchAttributes } from './search-attributes.ts';
import {
  parentClosePolicy,
  priority,
  userMetadata,
  workflowIdReusePolicy,
} from './workflow-execution.ts';

/** Numbers are never reused; fields are only added at the end of a record. */
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
      priority: optional(priority),
      userMetadata: optional(userMetadata),
    }),
  ],
  RequestCancelActivityTask: [2, record({ activityId: name })],
  StartTimer: [
    3,
    record({ timerId: name, startToFireTimeoutMs: count, userMetadata: optional(userMetadata) }),
  ],
  CancelTimer: [4, record({ timerId: name })],
  CompleteWorkflowExecution: [5, record({ result: optional(blob) })],
  FailWorkflowExecution: [6, record({ failure })],
  CancelWorkflowExecution: [7, record({ details: optional(blob) })],
  StartChildWorkflowExecution: [
    8,
    record({
      workflowId: name,
      workflowType: name,
      /** Default: the parent's. */
      taskQueue: optional(name),
      input: optional(blob),
      header: optional(blob),
      /** Default TERMINATE. */
      parentClosePolicy: optional(parentClosePolicy),
      /** Default ALLOW_DUPLICATE. */
      workflowIdReusePolicy: optional(workflowIdReusePolicy),
      workflowExecutionTimeoutMs: optional(count),
      workflowRunTimeoutMs: optional(count),
      workflowTaskTimeoutMs: optional(count),
      /** Default: the child is not retried. */
      retryPolicy: optional(retryPolicy),
      cronSchedule: optional(name),
      memo: optional(blob),
      searchAttributes: optional(searchAttributes),
      priority: optional(priority),
      userMetadata: optional(userMetadata),
    }),
  ],
  /** Of any workflow of the namespace, or with `childWorkflowOnly` of a child. */
  RequestCancelExternalWorkflowExecution: [
    9,
    record({
      workflowId: name,
      /** Default: whichever run is current. */
      runId: optional(uuid),
      childWorkflowOnly: optional(flag),
      reason: optional(text),
    }),
  ],
  /** Of any workflow of the namespace, or with `childWorkflowOnly` of a child. */
  SignalExternalWorkflowExecution: [
    10,
    record({
      workflowId: name,
      /** Default: whichever run is current. */
      runId: optional(uuid),
      signalName: name,
      input: optional(blob),
      header: optional(blob),
      childWorkflowOnly: optional(flag),
    }),
  ],
  /** Keeps what the SDK must find again on replay: local activities, patches. */
  RecordMarker: [
    11,
    record({
      markerName: name,
      details: optional(map(blob)),
      header: optional(blob),
      failure: optional(failure),
    }),
  ],
  /** Absent fields are taken over from the run that ends (semantics 55). */
  ContinueAsNewWorkflowExecution: [
    12,
    record({
      workflowType: optional(name),
      taskQueue: optional(name),
      input: optional(blob),
      header: optional(blob),
      /** Absent: the memo the run was started with; an SDK that changed it sends what it has. */
      memo: optional(blob),
      /** Absent: what the run was started with; an SDK that changed them sends what it has. */
      searchAttributes: optional(searchAttributes),
      workflowRunTimeoutMs: optional(count),
      workflowTaskTimeoutMs: optional(count),
      backoffStartIntervalMs: optional(count),
      retryPolicy: optional(retryPolicy),
    }),
  ],
  UpsertWorkflowSearchAttributes: [13, record({ searchAttributes })],
  ModifyWorkflowProperties: [
    14,
    record({
      /** What changes. */
      upsertedMemo: optional(blob),
      /** The whole memo with the change, for readers that cannot merge what they cannot read. */
      memo: optional(blob),
    }),
  ],
  /** The update passed its validator; its handler runs. */
  AcceptUpdate: [15, record({ updateId: name })],
  /** The validator refused the update: nothing of it is kept. */
  RejectUpdate: [16, record({ updateId: name, failure })],
  /** The handler of an accepted update returned, or failed. */
  CompleteUpdate: [
    17,
    record({ updateId: name, result: optional(blob), failure: optional(failure) }),
  ],
});

/** One command. */
export type Command = ValueOf<typeof command>;

/** Name of a command type. */
export type CommandType = Command['commandType'];

/** The command of one type. */
export type CommandOf<T extends CommandType> = Extract<Command, { commandType: T }>;

const closing: ReadonlySet<CommandType> = new Set([
  'CompleteWorkflowExecution',
  'FailWorkflowExecution',
  'CancelWorkflowExecution',
  'ContinueAsNewWorkflowExecution',
]);

/** Whether a command closes the run; it must be the last of its task (semantics, rule 4). */
export function isCloseCommand(value: Command): boolean {
  return closing.has(value.commandType);
}
