/**
 * Records what a workflow task decided: WorkflowTaskCompleted, the events of its commands, then
 * what was buffered meanwhile (semantics, rule 2). Commands that cannot be recorded turn the whole
 * task into a failed one (rule 5).
 */
import type { CompleteWorkflowTask } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { flushBuffered } from '../machines/buffer.ts';
import { rejectUnanswered } from '../machines/update.ts';
import {
  completeWorkflowTask,
  dropSpeculativeTask,
  failUnhandledCommand,
  failWorkflowTask,
  startedWorkflowTask,
} from '../machines/workflow-task.ts';
import { MAX_TASK_HEARTBEAT_MS } from '../policy/limits.ts';
import type { ExecutionState, WorkflowTaskState } from '../state/execution-state.ts';
import { refusalOf } from '../workflow-commands/check.ts';
import { planClosing } from '../workflow-commands/record-close.ts';
import { recordCommands } from '../workflow-commands/record.ts';
import type { TaskRefusal } from '../workflow-commands/refusal.ts';
import { accepted, staleWorkflowTask } from './outcomes.ts';

export function decideCompleteWorkflowTask(draft: Draft, command: CompleteWorkflowTask): Outcome {
  const task = startedWorkflowTask(draft.state, command);
  return task ? concludeWorkflowTask(draft, task, command) : staleWorkflowTask(command);
}

/** Completes the started task with its commands, or fails it because of them. */
export function concludeWorkflowTask(
  draft: Draft,
  task: WorkflowTaskState,
  completion: Conclusion,
): Outcome {
  const { session, identity, commands } = completion;
  const refused = refusalOf(draft.state, commands);
  if (refused) return refuse(draft, task, refused, identity);
  if (goesOnTooLong(draft, completion)) return endHeartbeats(draft, task);
  const closing = planClosing(draft, commands.at(-1));
  if (leavesNoTrace(draft.state, task, completion)) {
    dropSpeculativeTask(draft, session);
    recordCommands(draft, commands, { workflowTaskCompletedEventId: 0, identity, closing });
  } else {
    const workflowTaskCompletedEventId = completeWorkflowTask(draft, task, session, identity);
    recordCommands(draft, commands, { workflowTaskCompletedEventId, identity, closing });
    flushBuffered(draft);
  }
  rejectUnanswered(draft, task.startedEventId);
  keepCountOfHeartbeats(draft, task, completion);
  return accepted;
}

/** A task that asks for another at once goes on in that one; how long it may is limited. */
function keepCountOfHeartbeats(
  draft: Draft,
  { scheduledAt }: WorkflowTaskState,
  { forceCreateNewTask }: Conclusion,
): void {
  const since = draft.state.taskHeartbeatSince;
  if (forceCreateNewTask) draft.needsWorkflowTask = true;
  if (forceCreateNewTask && since === 0) draft.set({ taskHeartbeatSince: scheduledAt });
  if (!forceCreateNewTask && since > 0) draft.set({ taskHeartbeatSince: 0 });
}

function goesOnTooLong({ state, now }: Draft, { forceCreateNewTask }: Conclusion): boolean {
  const since = state.taskHeartbeatSince;
  return !!forceCreateNewTask && since > 0 && now - since >= MAX_TASK_HEARTBEAT_MS;
}

/** It ends as if its time had run out (semantics 62). */
function endHeartbeats(draft: Draft, task: WorkflowTaskState): Outcome {
  draft.set({ taskHeartbeatSince: 0 });
  failWorkflowTask(draft, task, { kind: 'timedOut' });
  const message = 'the workflow task has gone on for 30 minutes; use an activity that is not local';
  return { kind: 'taskFailed', message };
}

/** What a worker made of a task. */
type Conclusion = Pick<
  CompleteWorkflowTask,
  'session' | 'identity' | 'commands' | 'forceCreateNewTask'
>;

/** Whether a task for updates did nothing but refuse them (semantics 42). */
function leavesNoTrace(
  { buffered }: ExecutionState,
  { speculative }: WorkflowTaskState,
  { commands, forceCreateNewTask }: Conclusion,
): boolean {
  if (!speculative || buffered.length > 0 || forceCreateNewTask) return false;
  return commands.every(({ commandType }) => commandType === 'RejectUpdate');
}

function refuse(
  draft: Draft,
  task: WorkflowTaskState,
  refusal: TaskRefusal,
  identity: string,
): Outcome {
  const { cause, message } = refusal;
  if (cause === 'UNHANDLED_COMMAND') {
    failUnhandledCommand(draft, task, identity);
  } else {
    const failure = { message, info: { kind: 'server' as const } };
    failWorkflowTask(draft, task, { kind: 'failed', cause, failure, identity });
  }
  return { kind: 'taskFailed', message };
}
