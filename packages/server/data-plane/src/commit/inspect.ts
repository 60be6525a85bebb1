/** Which started tasks of a run nobody runs: their worker is connected here and does not have them. */
import type { ExecutionState } from '@perdure/engine';
import type { Sessions } from '../matching/sessions.ts';
import { type RunningTask, activityKey, workflowTaskKey } from '../matching/worker-session.ts';

/** Says of a started task that its worker is gone. */
export type LossCommand =
  | { kind: 'loseWorkflowTask'; startedEventId: number; attempt: number; fence: number }
  | { kind: 'loseActivity'; scheduledEventId: number; attempt: number };

/** The loss of a task that a session was given. */
export function lossOf(task: RunningTask): LossCommand {
  if (task.kind === 'workflow') {
    const { startedEventId, attempt, fence } = task.token;
    return { kind: 'loseWorkflowTask', startedEventId, attempt, fence };
  }
  const { scheduledEventId, attempt } = task.token;
  return { kind: 'loseActivity', scheduledEventId, attempt };
}

/** A started task whose session this server does not know: alive elsewhere, or lost. */
export interface Suspect {
  readonly sessionId: string;
  readonly command: LossCommand;
}

/** What the started tasks of a run turn out to be, beside being in good hands. */
export interface Inspection {
  readonly lost: LossCommand[];
  readonly suspects: Suspect[];
}

/** Looks after every started task of a run. */
export function inspect(
  state: ExecutionState,
  sessions: Sessions,
  namespaceId: number,
): Inspection {
  const found: Inspection = { lost: [], suspects: [] };
  const look = (sessionId: string | undefined, key: string, command: LossCommand): void => {
    if (sessionId === undefined) return;
    const session = sessions.get(namespaceId, sessionId);
    if (!session) found.suspects.push({ sessionId, command });
    else if (!session.running.has(key)) found.lost.push(command);
  };
  const { runId, workflowTask: task } = state;
  if (task && task.startedEventId > 0) {
    const { startedEventId, attempt, fence, session } = task;
    const key = workflowTaskKey(runId, task);
    look(session, key, { kind: 'loseWorkflowTask', startedEventId, attempt, fence });
  }
  for (const { scheduledEventId, attempt, session, startedAt } of state.activities.values()) {
    if (startedAt === 0) continue;
    const key = activityKey(runId, scheduledEventId, attempt);
    look(session, key, { kind: 'loseActivity', scheduledEventId, attempt });
  }
  return found;
}
