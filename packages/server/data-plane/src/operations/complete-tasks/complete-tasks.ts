/** Takes in what a worker has finished, and acknowledges it once it is durable. */
import { PerdureServiceError } from '@perdure/common';
import type { CommandRequest, Reply } from '../../commit/request.ts';
import type { Ack, Completion, Failure } from '@perdure/protocol';
import { type WorkerSession, activityKey, workflowTaskKey } from '../../matching/worker-session.ts';
import { type PayloadRules, checkCompletion } from '../../policy/payload-guard.ts';
import type { Committer } from '../../commit/committer.ts';
import type { Dispatcher } from '../../commit/dispatcher.ts';

type Command = CommandRequest['command'];

export interface CompletionContext {
  readonly committer: Committer;
  readonly dispatcher: Dispatcher;
  readonly session: WorkerSession;
  readonly rules: PayloadRules;
}

export function completeTasks(
  context: CompletionContext,
  completions: readonly Completion[],
): void {
  for (const completion of completions) completeTask(context, completion);
}

function completeTask(context: CompletionContext, completion: Completion): void {
  const { session, committer, rules } = context;
  const { workflowId, runId } = runOf(completion);
  forgetRunning(session, completion);
  const refusal = refusalOf(rules, completion);
  const command = refusal
    ? failureFor(refusal, completion, session)
    : commandFor(completion, session);
  committer.submit(
    { namespaceId: session.namespaceId, workflowId },
    {
      kind: 'command',
      command,
      runId,
      requestId: undefined,
      session,
      // For as long as it takes: the worker waits for the answer.
      deadline: Number.POSITIVE_INFINITY,
      done: (reply) => acknowledge(context, ackFor(completion.n, reply, refusal)),
      fail: () => acknowledge(context, { n: completion.n, outcome: 'stale' }),
    },
  );
}

function acknowledge({ session, dispatcher }: CompletionContext, ack: Ack): void {
  session.mail.acks.push(ack);
  dispatcher.touch(session);
}

function ackFor(n: number, reply: Reply, refusal: PerdureServiceError | undefined): Ack {
  const { outcome, nextEventId, eager } = reply;
  if (refusal) return { n, outcome: 'refused', code: refusal.code, message: refusal.message };
  if (outcome.kind === 'accepted') return { n, outcome: 'ok', nextEventId, eager };
  if (outcome.kind === 'rejected') return { n, outcome: 'stale', message: outcome.message };
  if (outcome.kind === 'taskRefused') return { n, outcome: 'taskRefused', nextEventId };
  return { n, outcome: 'taskFailed', nextEventId, message: outcome.message };
}

function refusalOf(rules: PayloadRules, completion: Completion): PerdureServiceError | undefined {
  try {
    checkCompletion(rules, completion);
    return undefined;
  } catch (error) {
    if (error instanceof PerdureServiceError) return error;
    return new PerdureServiceError('INVALID_ARGUMENT', String(error));
  }
}

/** What is recorded in place of an unacceptable completion: that it failed, in our own words. */
function failureFor(
  refusal: PerdureServiceError,
  completion: Completion,
  { identity }: WorkerSession,
): Command {
  const failure: Failure = {
    message: refusal.message,
    info: { kind: 'application', type: refusal.code },
  };
  if (completion.kind === 'workflowTaskCompleted' || completion.kind === 'workflowTaskFailed') {
    const { startedEventId, attempt } = completion.token;
    const cause = 'BAD_COMMAND_ATTRIBUTES';
    return { kind: 'failWorkflowTask', startedEventId, attempt, identity, cause, failure };
  }
  const first = completion.kind === 'step' ? completion.results[0] : completion.token;
  const { scheduledEventId, attempt } = first ?? { scheduledEventId: 0, attempt: 0 };
  return { kind: 'failActivity', scheduledEventId, attempt, identity, failure };
}

function commandFor(completion: Completion, { sessionId, identity }: WorkerSession): Command {
  switch (completion.kind) {
    case 'workflowTaskCompleted': {
      const { startedEventId, attempt } = completion.token;
      const { commands } = completion;
      const by = { session: sessionId, identity };
      return { kind: 'completeWorkflowTask', startedEventId, attempt, ...by, commands };
    }
    case 'workflowTaskFailed': {
      const { startedEventId, attempt } = completion.token;
      const { cause, failure } = completion;
      return { kind: 'failWorkflowTask', startedEventId, attempt, identity, cause, failure };
    }
    case 'activityCompleted': {
      const { scheduledEventId, attempt } = completion.token;
      const { result } = completion;
      return { kind: 'completeActivity', scheduledEventId, attempt, identity, result };
    }
    case 'activityFailed': {
      const { scheduledEventId, attempt } = completion.token;
      const { failure } = completion;
      return { kind: 'failActivity', scheduledEventId, attempt, identity, failure };
    }
    case 'activityCanceled': {
      const { scheduledEventId, attempt } = completion.token;
      const { details } = completion;
      return { kind: 'cancelActivity', scheduledEventId, attempt, identity, details };
    }
    case 'step': {
      const { results, assumedNextEventId, workflowTimeMs, commands } = completion;
      const by = { session: sessionId, identity };
      const kind = 'completeStep';
      return { kind, ...by, results, assumedNextEventId, workflowTimeMs, commands };
    }
  }
}

function runOf(completion: Completion): { workflowId: string; runId: string } {
  return completion.kind === 'step' ? completion : completion.token;
}

/** The worker no longer runs it, whatever becomes of the completion. */
function forgetRunning({ running }: WorkerSession, completion: Completion): void {
  if (completion.kind === 'step') {
    for (const { scheduledEventId, attempt } of completion.results) {
      running.delete(activityKey(completion.runId, scheduledEventId, attempt));
    }
  } else if ('startedEventId' in completion.token) {
    running.delete(workflowTaskKey(completion.token.runId));
  } else {
    const { runId, scheduledEventId, attempt } = completion.token;
    running.delete(activityKey(runId, scheduledEventId, attempt));
  }
}
