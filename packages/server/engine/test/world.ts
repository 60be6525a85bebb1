/**
 * Several workflows and a careless data plane: it carries out transfers in any order, often twice,
 * and crashes between doing a thing and reporting it. For properties of the work between workflows.
 */
import type { Command, EventOf, HistoryEvent } from '@perdure/protocol';
import {
  type Decision,
  type EngineCommand,
  type ExecutionState,
  type Outcome,
  type StartWorkflow,
  type Transfer,
  childClosedCommand,
  childStartCommand,
  childStartedCommand,
  childrenToClose,
  externalCancelCommand,
  externalSignalCommand,
  isChild,
  isCloseEvent,
  isClosed,
  knowsChild,
  nextRunCommand,
  openTransition,
  transferRequestId,
  transfersOf,
} from '../src/index.ts';
import { checkDecision, deepFreeze } from './invariants.ts';
import { START_TIME } from './run-driver.ts';

/** A run as it is stored. */
export interface StoredRun {
  readonly state: ExecutionState;
  readonly history: readonly HistoryEvent[];
}

/** The children whose start a run has recorded. */
export function childStarts({ history }: StoredRun): EventOf<'ChildWorkflowExecutionStarted'>[] {
  return history.filter((event) => event.eventType === 'ChildWorkflowExecutionStarted');
}

/** The run id that a child has, however often it is started. */
function childOf(parent: ExecutionState, initiated: { readonly eventId: number }): string {
  return `${parent.runId}/${initiated.eventId}`;
}

type Answer = { readonly outcome: Outcome; readonly state: ExecutionState | undefined };

/** See the module comment. */
export class World {
  now = START_TIME;
  readonly runs = new Map<string, StoredRun>();
  /** Current run by workflow id. */
  readonly #current = new Map<string, string>();
  readonly #answered = new Set<string>();
  #ids = 0;

  /** The run that is current under a workflow id. */
  currentOf(workflowId: string): ExecutionState | undefined {
    return this.runs.get(this.#current.get(workflowId) ?? '')?.state;
  }

  /** Starts a workflow, unless its id is in use; the same run again is the same start. */
  start(command: StartWorkflow): Answer {
    const before = this.runs.get(command.runId);
    if (before) return { outcome: { kind: 'accepted' }, state: before.state };
    const current = this.currentOf(command.workflowId);
    if (current?.createRequestId === command.requestId) {
      return { outcome: { kind: 'accepted' }, state: current };
    }
    if (current && !isClosed(current)) {
      const outcome = { kind: 'rejected', reason: 'alreadyStarted', message: 'open' } as const;
      return { outcome, state: current };
    }
    return this.#commit(undefined, command);
  }

  /** Applies a command to one run. */
  apply(runId: string, command: EngineCommand): Answer {
    return this.#commit(this.runs.get(runId), command);
  }

  /** A worker takes the waiting workflow task of a run, and completes it. */
  task(runId: string, commands: readonly Command[]): void {
    const task = this.runs.get(runId)!.state.workflowTask;
    if (!task) return;
    const { scheduledEventId, attempt } = task;
    const worker = { attempt, fence: 1, session: 's', identity: 'i' };
    this.apply(runId, { kind: 'startWorkflowTask', scheduledEventId, ...worker });
    const { startedEventId } = this.runs.get(runId)!.state.workflowTask!;
    this.apply(runId, { kind: 'completeWorkflowTask', startedEventId, commands, ...worker });
  }

  /** Every transfer that is owed anywhere. */
  owed(): { readonly runId: string; readonly transfer: Transfer }[] {
    return [...this.runs].flatMap(([runId, { state }]) =>
      transfersOf(state).map((transfer) => ({ runId, transfer })),
    );
  }

  /**
   * Carries out a transfer.
   *
   * @param crashes whether the server dies before it can report
   */
  carry({ runId, transfer }: { runId: string; transfer: Transfer }, crashes: boolean): void {
    const report = this.#effect(this.runs.get(runId)!, transfer);
    if (!crashes) report();
  }

  /** Time passes for all. */
  pass(ms: number): void {
    this.now += ms;
    for (const [runId, { state }] of this.runs) {
      if (state.wakeAt > 0 && state.wakeAt <= this.now) this.apply(runId, { kind: 'wakeUp' });
    }
  }

  newRunId(): string {
    return `run-${(this.#ids += 1)}`;
  }

  #effect(run: StoredRun, { kind, initiatedEventId }: Transfer): () => void {
    const { state } = run;
    const event = run.history[initiatedEventId - 1];
    const answer = (command: EngineCommand) => () => void this.apply(state.runId, command);
    switch (kind) {
      case 'startChild':
        if (event?.eventType !== 'StartChildWorkflowExecutionInitiated') throw new Error('?');
        return this.#startChild(state, childStartCommand(state, event, childOf(state, event)));
      case 'reportStart':
        return this.#reportStart(state);
      case 'signalExternal':
        if (event?.eventType !== 'SignalExternalWorkflowExecutionInitiated') throw new Error('?');
        return answer(this.#deliver(state, event, externalSignalCommand(state, event)));
      case 'cancelExternal':
        if (event?.eventType !== 'RequestCancelExternalWorkflowExecutionInitiated') {
          throw new Error('?');
        }
        return answer(this.#deliver(state, event, externalCancelCommand(state, event)));
      case 'notifyParent': {
        const last = run.history.at(-1)!;
        const command = isCloseEvent(last) && childClosedCommand(state, last);
        if (!command) throw new Error(`${state.runId} owes its parent what it cannot say`);
        this.apply(state.parent!.runId, command);
        return answer({ kind: 'acknowledgeTransfer', transfer: kind });
      }
      case 'closeChildren':
        this.#closeChildren(state);
        return answer({ kind: 'acknowledgeTransfer', transfer: kind });
      default:
        return kind satisfies never;
    }
  }

  #startChild(parent: ExecutionState, command: StartWorkflow): () => void {
    const { initiatedEventId } = command.parent!;
    const { outcome } = this.start(command);
    return () => {
      if (outcome.kind !== 'rejected') return;
      const cause = 'WORKFLOW_ALREADY_EXISTS';
      this.apply(parent.runId, { kind: 'recordChildStartFailed', initiatedEventId, cause });
    };
  }

  #reportStart(child: ExecutionState): () => void {
    const { runId, initiatedEventId } = child.parent!;
    const { outcome } = this.apply(runId, childStartedCommand(child)!);
    return () => {
      const parent = this.runs.get(runId)!;
      const isRecorded =
        outcome.kind === 'accepted' ||
        knowsChild(parent.state, child) ||
        childStarts(parent).some(
          ({ attributes }) =>
            attributes.initiatedEventId === initiatedEventId &&
            attributes.workflowExecution.runId === child.firstExecutionRunId,
        );
      const kind = isRecorded ? 'beginChild' : 'terminateWorkflow';
      this.apply(child.runId, { kind });
    };
  }

  #deliver(
    sender: ExecutionState,
    { eventId, attributes }: HistoryEvent & { attributes: { workflowExecution: unknown } },
    command: EngineCommand,
  ): EngineCommand {
    const { workflowId } = attributes.workflowExecution as { workflowId: string };
    const target = this.currentOf(workflowId);
    const key = `${target?.runId} ${transferRequestId(sender, eventId)}`;
    const delivered =
      this.#answered.has(key) ||
      (target !== undefined && this.apply(target.runId, command).outcome.kind === 'accepted');
    if (delivered) this.#answered.add(key);
    const failedCause = delivered ? undefined : 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';
    return { kind: 'recordExternalOutcome', initiatedEventId: eventId, failedCause };
  }

  #closeChildren(parent: ExecutionState): void {
    for (const child of childrenToClose(parent)) {
      const current = this.currentOf(child.workflowId);
      if (!current || isClosed(current) || !isChild(current, child, parent)) continue;
      const kind =
        child.parentClosePolicy === 'TERMINATE' ? 'terminateWorkflow' : 'requestCancelWorkflow';
      this.apply(current.runId, { kind });
    }
  }

  #commit(run: StoredRun | undefined, command: EngineCommand): Answer {
    const before = run && deepFreeze(run.state);
    const newRunId = (): string => this.newRunId();
    const transition = openTransition(before, { now: this.now, newRunId });
    const outcome = transition.apply(command);
    if (!transition.state) return { outcome, state: undefined };
    this.#store(run, transition.close());
    return { outcome, state: this.runs.get(transition.state.runId)?.state };
  }

  /** A run and the one that follows it are stored together. */
  #store(run: StoredRun | undefined, decision: Decision): void {
    const { state, next } = decision;
    const history = [...(run?.history ?? []), ...decision.events];
    checkDecision(run?.state, decision, history, this.now);
    this.runs.set(state.runId, { state, history });
    if (!run) this.#current.set(state.workflowId, state.runId);
    const [started] = history;
    if (!next || started?.eventType !== 'WorkflowExecutionStarted') return;
    this.#commit(undefined, nextRunCommand(next, started));
  }
}
