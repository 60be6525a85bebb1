/** Takes in what a worker has finished, and acknowledges it once it is durable. */
import { PerdureServiceError } from '@perdure/common';
import type { StartedWorkflowTask } from '@perdure/engine';
import {
  type Ack,
  type Completion,
  type Failure,
  type WorkflowTaskFailedCause,
  type WorkflowTaskToken,
  badCommandCauses,
} from '@perdure/protocol';
import type { Committer } from '../../commit/committer.ts';
import type { Dispatcher } from '../../commit/dispatcher.ts';
import type { CommandRequest, Reply } from '../../commit/request.ts';
import type { LetterOffice } from '../../letters/letter-office.ts';
import { refusesUpdates } from '../../letters/refusals.ts';
import {
  type HandOver,
  type WorkerSession,
  activityKey,
  workflowTaskKey,
} from '../../matching/worker-session.ts';
import { faultOfName } from '../../policy/names.ts';
import {
  type PayloadRules,
  checkBlobs,
  checkCommand,
  checkCompletion,
} from '../../policy/payload-guard.ts';
import type { QueryDesk } from '../../queries/query-desk.ts';

type Command = CommandRequest['command'];

export interface CompletionContext {
  readonly committer: Committer;
  readonly dispatcher: Dispatcher;
  readonly session: WorkerSession;
  readonly queryDesk: QueryDesk;
  /** Undefined when this server is alone. */
  readonly letterOffice: LetterOffice | undefined;
  readonly rules: PayloadRules;
}

export function completeTasks(
  context: CompletionContext,
  completions: readonly Completion[],
): void {
  for (const completion of completions) completeTask(context, completion);
}

function completeTask(context: CompletionContext, completion: Completion): void {
  const { session, rules } = context;
  const { n } = completion;
  const nameFault = faultOfName(runOf(completion).workflowId);
  if (nameFault !== undefined) {
    return answerNow(session, { n, outcome: 'stale', message: `the workflow id ${nameFault}` });
  }
  const refusal = refusalOf(rules, completion);
  if (!refusal) {
    const take = (): void =>
      submit(context, completion, commandFor(completion, session), (reply) => {
        tellQueries(context, completion, reply);
        if (reply.outcome.kind !== 'accepted') forgetRefusals(context, completion);
        acknowledge(context, ackFor(n, reply), reply.eager);
      });
    const keeping = keepRefusals(context, completion);
    return keeping ? void keeping.then(take) : take();
  }
  const commands = commandsInsteadOf(completion, refusal, context);
  const { code, message } = refusal;
  const ack = { n, outcome: 'refused', code, message } as const;
  if (commands.length === 0) return answerNow(session, ack);
  let open = commands.length;
  for (const command of commands) {
    submit(context, completion, command, () => {
      open -= 1;
      if (open === 0) acknowledge(context, ack);
    });
  }
}

/**
 * Whoever waits at another server for an update that is refused wants the reasons as soon as the
 * refusal is durable, so they are kept before. Never rejects.
 */
function keepRefusals(
  { letterOffice, session: { namespaceId } }: CompletionContext,
  completion: Completion,
): Promise<void> | undefined {
  if (!letterOffice || completion.kind !== 'workflowTaskCompleted') return undefined;
  const { token, commands } = completion;
  if (!refusesUpdates(commands)) return undefined;
  const { workflowId, runId } = token;
  return letterOffice.refusals.keep({ namespaceId, workflowId, runId }, commands);
}

function forgetRefusals(
  { letterOffice, session: { namespaceId } }: CompletionContext,
  completion: Completion,
): void {
  if (!letterOffice || completion.kind !== 'workflowTaskCompleted') return;
  const { token, commands } = completion;
  const { workflowId, runId } = token;
  void letterOffice.refusals.forget({ namespaceId, workflowId, runId }, commands);
}

/** Queries that came with the task are answered once its completion is durable. */
function tellQueries(
  { queryDesk, session: { namespaceId } }: CompletionContext,
  completion: Completion,
  { outcome }: Reply,
): void {
  if (completion.kind !== 'workflowTaskCompleted') return;
  queryDesk.concluded(namespaceId, completion, outcome.kind === 'accepted');
}

function answerNow(session: WorkerSession, ack: Ack): void {
  session.postAck(ack);
  session.flush();
}

function submit(
  context: CompletionContext,
  completion: Completion,
  command: Command,
  answered: (reply: Reply) => void,
): void {
  const { session, committer } = context;
  const { workflowId, runId } = runOf(completion);
  const key = { namespaceId: session.namespaceId, workflowId };
  // Only now: as long as the completion waits, the task is not lost.
  const forget = () => forgetRunning(session, completion);
  committer.submit(key, {
    kind: 'command',
    command,
    runId,
    requestId: undefined,
    session,
    // For as long as it takes: the worker waits for the answer.
    deadline: Number.POSITIVE_INFINITY,
    done: (reply) => {
      forget();
      answered(reply);
    },
    fail: () => {
      forget();
      acknowledge(context, { n: completion.n, outcome: 'stale' });
    },
  });
}

function acknowledge(
  { session, dispatcher }: CompletionContext,
  ack: Ack,
  handOvers: readonly HandOver[] = [],
): void {
  session.postAck(ack, handOvers);
  dispatcher.touch(session);
}

function ackFor(n: number, { outcome, nextEventId }: Reply): Ack {
  switch (outcome.kind) {
    case 'accepted':
      return { n, outcome: 'ok', nextEventId };
    case 'rejected':
      return { n, outcome: 'stale', message: outcome.message };
    case 'taskRefused':
      return { n, outcome: 'taskRefused', nextEventId };
    case 'taskFailed':
      return { n, outcome: 'taskFailed', nextEventId, message: outcome.message };
    default:
      return outcome satisfies never;
  }
}

function refusalOf(rules: PayloadRules, completion: Completion): PerdureServiceError | undefined {
  return refusalBy(() => checkCompletion(rules, completion));
}

function refusalBy(check: () => void): PerdureServiceError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof PerdureServiceError) return error;
    return new PerdureServiceError('INVALID_ARGUMENT', String(error));
  }
}

/**
 * What is recorded in place of an unacceptable completion: that it failed, in our own words. Of a
 * step, the acceptable results count, and the workflow task will be run again by itself.
 */
function commandsInsteadOf(
  completion: Completion,
  refusal: PerdureServiceError,
  { session: { identity }, rules }: CompletionContext,
): Command[] {
  if (completion.kind === 'step') {
    return completion.results.map(({ result, ...attempt }) => {
      const wrong = refusalBy(() => checkBlobs(rules, { result }));
      return wrong
        ? { kind: 'failActivity', ...attempt, identity, failure: failureFor(wrong) }
        : { kind: 'completeActivity', ...attempt, identity, result };
    });
  }
  const failure = failureFor(refusal);
  if ('startedEventId' in completion.token) {
    const cause = causeOf(completion, refusal, rules);
    return [{ kind: 'failWorkflowTask', ...startOf(completion.token), identity, cause, failure }];
  }
  const { scheduledEventId, attempt } = completion.token;
  return [{ kind: 'failActivity', scheduledEventId, attempt, identity, failure }];
}

/** What Temporal calls it; a failure that cannot be taken as it is keeps its own cause. */
function causeOf(
  completion: Completion,
  { code }: PerdureServiceError,
  rules: PayloadRules,
): WorkflowTaskFailedCause {
  if (completion.kind === 'workflowTaskFailed') return completion.cause;
  if (code === 'PAYLOAD_TOO_LARGE') return 'PAYLOADS_TOO_LARGE';
  const commands = completion.kind === 'workflowTaskCompleted' ? completion.commands : [];
  const wrong = commands.find((command) => refusalBy(() => checkCommand(rules, command)));
  return wrong ? badCommandCauses[wrong.commandType] : 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
}

/** A payload that is too large stays so; a missing key may be there with the next deployment. */
function failureFor({ message, code }: PerdureServiceError): Failure {
  const nonRetryable = code === 'PAYLOAD_TOO_LARGE';
  return { message, info: { kind: 'application', type: code, nonRetryable } };
}

function commandFor(completion: Completion, { sessionId, identity }: WorkerSession): Command {
  switch (completion.kind) {
    case 'workflowTaskCompleted': {
      const { token, commands, forceCreateNewTask } = completion;
      const by = { session: sessionId, identity };
      const kind = 'completeWorkflowTask';
      return { kind, ...startOf(token), ...by, commands, forceCreateNewTask };
    }
    case 'workflowTaskFailed': {
      const { token, cause, failure } = completion;
      return { kind: 'failWorkflowTask', ...startOf(token), identity, cause, failure };
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
    case 'activityDetached': {
      const { scheduledEventId, attempt } = completion.token;
      return { kind: 'detachActivity', scheduledEventId, attempt };
    }
    case 'workflowTaskConfirmed':
      return { kind: 'confirmWorkflowTask', ...startOf(completion.token) };
    case 'step': {
      const { results, assumedNextEventId, workflowTimeMs, commands } = completion;
      const by = { session: sessionId, identity };
      const kind = 'completeStep';
      return { kind, ...by, results, assumedNextEventId, workflowTimeMs, commands };
    }
  }
}

function startOf({ startedEventId, attempt, fence }: WorkflowTaskToken): StartedWorkflowTask {
  return { startedEventId, attempt, fence };
}

function runOf(completion: Completion): { workflowId: string; runId: string } {
  return completion.kind === 'step' ? completion : completion.token;
}

/** The worker no longer runs it, whatever became of the completion. */
function forgetRunning(session: WorkerSession, completion: Completion): void {
  for (const key of keysOf(completion)) {
    const task = session.running.get(key);
    if (task?.delivered) session.forget(task);
  }
}

function keysOf(completion: Completion): string[] {
  if (completion.kind === 'step') {
    const { runId, results } = completion;
    return results.map(({ scheduledEventId, attempt }) =>
      activityKey(runId, scheduledEventId, attempt),
    );
  }
  // It goes on with what it asks about.
  if (completion.kind === 'workflowTaskConfirmed') return [];
  const { token } = completion;
  return 'startedEventId' in token
    ? [workflowTaskKey(token.runId, token)]
    : [activityKey(token.runId, token.scheduledEventId, token.attempt)];
}
