/** What a start does about the run that has its workflow id (semantics 58). */
import type { ExecutionState, Outcome } from '@perdure/engine';
import type { CommandRequest, Reply, StartRequest } from './request.ts';

/**
 * - `allow`: a new run may follow
 * - `terminateFirst`: the open run is to be terminated, then judged again
 * - a reply: the start is answered without a new run
 */
export function judgeStart(
  current: ExecutionState,
  request: StartRequest,
): 'allow' | 'terminateFirst' | Reply {
  const { command, conflictPolicy, reusePolicy } = request;
  if (current.createRequestId === command.requestId) return answer(current, { kind: 'accepted' });
  if (current.status === 'RUNNING') {
    if (conflictPolicy === 'TERMINATE_EXISTING') return 'terminateFirst';
    if (conflictPolicy === 'USE_EXISTING') return answer(current, { kind: 'accepted' });
    return answer(current, refusal(`a run of workflow '${current.workflowId}' is open`));
  }
  const failedOnly = reusePolicy === 'ALLOW_DUPLICATE_FAILED_ONLY';
  if (reusePolicy === 'REJECT_DUPLICATE' || (failedOnly && current.status === 'COMPLETED')) {
    const how = current.status.toLowerCase();
    return answer(
      current,
      refusal(`workflow '${current.workflowId}' has ${how} and ${reusePolicy} forbids another run`),
    );
  }
  return 'allow';
}

/** The command that makes way for a start with TERMINATE_EXISTING. */
export function terminationFor(deadline: number): CommandRequest {
  return {
    kind: 'command',
    command: { kind: 'terminateWorkflow', reason: 'replaced by a start with TERMINATE_EXISTING' },
    runId: undefined,
    requestId: undefined,
    session: undefined,
    deadline,
    done() {},
    fail() {},
  };
}

/**
 * What a start that uses the existing run still has to say to it; undefined when it has no message,
 * was refused, or began that run itself.
 *
 * @param startAgain called when that run turns out to have closed
 */
export function messageToExisting(
  current: ExecutionState,
  request: StartRequest,
  verdict: Reply,
  startAgain: () => void,
): CommandRequest | undefined {
  const { message, requestId } = request.command;
  if (!message || verdict.outcome.kind !== 'accepted') return undefined;
  if (current.createRequestId === requestId) return undefined;
  return {
    kind: 'command',
    command: message,
    runId: current.runId,
    requestId,
    session: undefined,
    deadline: request.deadline,
    done(reply) {
      const { outcome } = reply;
      // Another server has closed the run meanwhile.
      if (outcome.kind === 'rejected' && outcome.reason === 'notFound') startAgain();
      else request.done({ ...reply, duplicate: true });
    },
    fail: (error) => request.fail(error),
  };
}

function answer(current: ExecutionState, outcome: Outcome): Reply {
  const { runId, firstExecutionRunId, nextEventId } = current;
  return { outcome, runId, firstExecutionRunId, nextEventId, eager: [], duplicate: true };
}

function refusal(message: string): Outcome {
  return { kind: 'rejected', reason: 'alreadyStarted', message };
}
