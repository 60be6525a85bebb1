/**
 * As much of a server as histories need: turns the commands of one run into the events that stand
 * for them, and knows what may happen next. It refuses what no server would take.
 */
import type {
  Command,
  CommandOf,
  EventAttributes,
  EventType,
  HistoryEvent,
  UpdateRequest,
} from '@perdure/protocol';

const RUN_ID = '0190b6a2-7d1c-7c3e-9f6b-2a4d5e6f7a8b';

/** Calls that have not ended. */
interface OpenCall {
  readonly eventId: number;
  readonly id: string;
  readonly type: string;
  started?: boolean;
}

export class HistoryServer {
  readonly runId = RUN_ID;
  readonly workflowId = 'workflow';
  readonly workflowType: string;
  readonly events: HistoryEvent[] = [];
  readonly timers: OpenCall[] = [];
  readonly activities: OpenCall[] = [];
  readonly children: OpenCall[] = [];
  readonly signals: OpenCall[] = [];
  readonly cancels: OpenCall[] = [];
  /** Updates that the next task brings. */
  updates: UpdateRequest[] = [];
  closed = false;
  #startedEventId = 0;
  #completedEventId = 0;
  #updates = new Map<string, UpdateRequest>();
  #accepted = new Map<string, number>();

  constructor(workflowType: string, input?: Uint8Array) {
    this.workflowType = workflowType;
    this.add('WorkflowExecutionStarted', {
      workflowType,
      taskQueue: 'queue',
      input,
      workflowTaskTimeoutMs: 10_000,
      firstExecutionRunId: RUN_ID,
      attempt: 1,
      workflowId: this.workflowId,
    });
  }

  /** Appends an event, one second after the one before. */
  add<T extends EventType>(eventType: T, attributes: EventAttributes<T>): number {
    const eventId = this.events.length + 1;
    const eventTime = 1_700_000_000_000 + eventId * 1_000;
    this.events.push({ eventId, eventTime, eventType, attributes } as unknown as HistoryEvent);
    return eventId;
  }

  /** An update that came by an event of its own. */
  admit(update: UpdateRequest): void {
    this.#updates.set(update.updateId, update);
  }

  /** Begins a workflow task. */
  startTask(): void {
    const scheduledEventId = this.add('WorkflowTaskScheduled', {
      taskQueue: 'queue',
      startToCloseTimeoutMs: 10_000,
      attempt: 1,
    });
    this.#startedEventId = this.add('WorkflowTaskStarted', { scheduledEventId });
    for (const update of this.updates) this.#updates.set(update.updateId, update);
  }

  /** Events that a run which has lived through `count` of them does not know yet. */
  after(count: number): HistoryEvent[] {
    return this.events.slice(count);
  }

  /** Ends the task with the commands that came of it. */
  completeTask(commands: readonly Command[]): void {
    const started = this.#startedEventId;
    this.#completedEventId = this.add('WorkflowTaskCompleted', {
      scheduledEventId: started - 1,
      startedEventId: started,
    });
    this.updates = [];
    for (const command of commands) {
      if (this.closed) throw new Error(`a command after the last: ${command.commandType}`);
      this.#take(command);
    }
  }

  #take(command: Command): void {
    const workflowTaskCompletedEventId = this.#completedEventId;
    const by = { workflowTaskCompletedEventId };
    switch (command.commandType) {
      case 'ScheduleActivityTask': {
        const taskQueue = command.taskQueue ?? 'queue';
        const eventId = this.add('ActivityTaskScheduled', { ...facts(command), taskQueue, ...by });
        this.activities.push({ eventId, id: command.activityId, type: command.activityType });
        break;
      }
      case 'RequestCancelActivityTask': {
        const { eventId } = demand(this.activities, command.activityId, command);
        this.add('ActivityTaskCancelRequested', { scheduledEventId: eventId, ...by });
        break;
      }
      case 'StartTimer': {
        const eventId = this.add('TimerStarted', { ...facts(command), ...by });
        this.timers.push({ eventId, id: command.timerId, type: 'timer' });
        break;
      }
      case 'CancelTimer': {
        const { eventId } = takeOut(this.timers, demand(this.timers, command.timerId, command));
        this.add('TimerCanceled', { timerId: command.timerId, startedEventId: eventId, ...by });
        break;
      }
      case 'StartChildWorkflowExecution': {
        const taskQueue = command.taskQueue ?? 'queue';
        const parentClosePolicy = command.parentClosePolicy ?? 'TERMINATE';
        const attributes = { ...facts(command), taskQueue, parentClosePolicy, ...by };
        const eventId = this.add('StartChildWorkflowExecutionInitiated', attributes);
        this.children.push({ eventId, id: command.workflowId, type: command.workflowType });
        break;
      }
      default:
        this.#takeOther(command);
    }
  }

  #takeOther(
    command: Exclude<
      Command,
      CommandOf<
        | 'ScheduleActivityTask'
        | 'RequestCancelActivityTask'
        | 'StartTimer'
        | 'CancelTimer'
        | 'StartChildWorkflowExecution'
      >
    >,
  ): void {
    const by = { workflowTaskCompletedEventId: this.#completedEventId };
    switch (command.commandType) {
      case 'SignalExternalWorkflowExecution': {
        const { signalName, childWorkflowOnly } = command;
        const workflowExecution = { workflowId: command.workflowId, runId: command.runId };
        const attributes = { ...by, workflowExecution, signalName, childWorkflowOnly };
        const eventId = this.add('SignalExternalWorkflowExecutionInitiated', attributes);
        this.signals.push({ eventId, id: command.workflowId, type: signalName });
        break;
      }
      case 'RequestCancelExternalWorkflowExecution': {
        const { childWorkflowOnly } = command;
        const workflowExecution = { workflowId: command.workflowId, runId: command.runId };
        const attributes = { ...by, workflowExecution, childWorkflowOnly };
        const eventId = this.add('RequestCancelExternalWorkflowExecutionInitiated', attributes);
        this.cancels.push({ eventId, id: command.workflowId, type: 'cancel' });
        break;
      }
      case 'RecordMarker':
        this.add('MarkerRecorded', { ...facts(command), ...by });
        break;
      case 'UpsertWorkflowSearchAttributes':
        this.add('UpsertWorkflowSearchAttributes', { ...facts(command), ...by });
        break;
      case 'ModifyWorkflowProperties':
        this.add('WorkflowPropertiesModified', { ...facts(command), ...by });
        break;
      case 'AcceptUpdate': {
        const protocolInstanceId = command.updateId;
        const acceptedRequest = this.#updates.get(protocolInstanceId);
        if (!acceptedRequest) throw new Error(`update ${protocolInstanceId} was not asked for`);
        const eventId = this.add('WorkflowExecutionUpdateAccepted', {
          protocolInstanceId,
          acceptedRequestSequencingEventId: this.#startedEventId - 2,
          acceptedRequest,
        });
        this.#accepted.set(protocolInstanceId, eventId);
        break;
      }
      case 'CompleteUpdate': {
        const acceptedEventId = this.#accepted.get(command.updateId);
        if (!acceptedEventId) throw new Error(`update ${command.updateId} was not accepted`);
        this.add('WorkflowExecutionUpdateCompleted', { ...facts(command), acceptedEventId });
        break;
      }
      case 'RejectUpdate':
        if (!this.#updates.delete(command.updateId)) throw new Error('no such update');
        break;
      default:
        this.#close(command);
    }
  }

  #close(
    command: CommandOf<
      | 'CompleteWorkflowExecution'
      | 'FailWorkflowExecution'
      | 'CancelWorkflowExecution'
      | 'ContinueAsNewWorkflowExecution'
    >,
  ): void {
    const by = { workflowTaskCompletedEventId: this.#completedEventId };
    this.closed = true;
    switch (command.commandType) {
      case 'CompleteWorkflowExecution':
        this.add('WorkflowExecutionCompleted', { ...facts(command), ...by });
        break;
      case 'FailWorkflowExecution': {
        const retryState = 'RETRY_POLICY_NOT_SET';
        this.add('WorkflowExecutionFailed', { ...facts(command), retryState, ...by });
        break;
      }
      case 'CancelWorkflowExecution':
        this.add('WorkflowExecutionCanceled', { ...facts(command), ...by });
        break;
      case 'ContinueAsNewWorkflowExecution':
        this.add('WorkflowExecutionContinuedAsNew', {
          ...facts(command),
          ...by,
          newExecutionRunId: RUN_ID.replace('0190', '0191'),
          workflowType: command.workflowType ?? this.workflowType,
          taskQueue: 'queue',
          initiator: 'WORKFLOW',
        });
        break;
    }
  }
}

/** What a command says beside its name. */
function facts<C extends Command>({
  commandType: _commandType,
  ...rest
}: C): Omit<C, 'commandType'> {
  return rest;
}

function demand(list: readonly OpenCall[], id: string, command: Command): OpenCall {
  const found = list.find((each) => each.id === id);
  if (found) return found;
  throw new Error(`${command.commandType} of ${id}, which is not open`);
}

/** Takes an open call off its list. */
export function takeOut(list: OpenCall[], call: OpenCall): OpenCall {
  list.splice(list.indexOf(call), 1);
  return call;
}
