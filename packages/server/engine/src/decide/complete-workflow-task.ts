/**
 * Records what a workflow task decided: WorkflowTaskCompleted, the events of its commands, then
 * what was buffered meanwhile (semantics, rule 2). Commands that cannot be recorded turn the whole
 * task into a failed one (rule 5).
 */
import type { Command } from '@perdure/protocol';
import type { CompleteWorkflowTask } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { flushBuffered } from '../machines/buffer.ts';
import {
  completeWorkflowTask,
  failUnhandledCommand,
  failWorkflowTask,
  startedWorkflowTask,
} from '../machines/workflow-task.ts';
import type { WorkflowTaskState } from '../state/execution-state.ts';
import { recordCommands } from '../workflow-commands/record.ts';
import { type TaskRefusal, refusalOf } from '../workflow-commands/check.ts';
import { accepted, staleWorkflowTask } from './outcomes.ts';

export function decideCompleteWorkflowTask(draft: Draft, command: CompleteWorkflowTask): Outcome {
  const task = startedWorkflowTask(draft.state, command);
  return task ? concludeWorkflowTask(draft, task, command) : staleWorkflowTask(command);
}

/** Completes the started task with its commands, or fails it because of them. */
export function concludeWorkflowTask(
  draft: Draft,
  task: WorkflowTaskState,
  completion: {
    readonly session: string;
    readonly identity: string;
    readonly commands: readonly Command[];
  },
): Outcome {
  const { session, identity, commands } = completion;
  const refusal = refusalOf(draft.state, commands);
  if (refusal) return refuse(draft, task, refusal, identity);
  const eventId = completeWorkflowTask(draft, task, session, identity);
  recordCommands(draft, commands, eventId, identity);
  flushBuffered(draft);
  return accepted;
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
