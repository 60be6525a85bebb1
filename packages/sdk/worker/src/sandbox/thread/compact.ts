/**
 * The form that activations and their results have between threads: what nearly every task consists
 * of (an activity's result in; an activity or the end of the run out) as short lists without names,
 * all else as it is. Half of what a round trip to a thread costs is packing, and names are most of
 * that.
 */
import type { Payload } from '@perdure/common';
import type {
  Activation,
  ActivationJob,
  ActivationResult,
  RunFacts,
  SandboxCommand,
} from '@perdure/workflow/runtime';

const JSON_PLAIN = new TextEncoder().encode('json/plain');

/** A payload of JSON is its data. */
type CompactPayload = Payload | Uint8Array;

type ResolveActivity = Extract<ActivationJob, { kind: 'resolveActivity' }>;
type Initialize = Extract<ActivationJob, { kind: 'initialize' }>;
type ScheduleActivity = Extract<SandboxCommand, { kind: 'scheduleActivity' }>;
type CompleteWorkflow = Extract<SandboxCommand, { kind: 'completeWorkflow' }>;
type Completed = Extract<ActivationResult, { kind: 'completed' }>;

/** See {@link compactActivation}. */
export type CompactActivation = readonly [
  timestampMs: number,
  historyLength: number,
  historySize: number,
  continueAsNewSuggested: boolean | undefined,
  isReplaying: boolean,
  jobs: readonly CompactJob[],
];

type CompactJob =
  | ActivationJob
  | readonly [activityId: string, result: readonly CompactPayload[]]
  | readonly [
      facts: readonly unknown[],
      args: readonly CompactPayload[],
      headers: Initialize['headers'],
    ];

/** See {@link compactResult}. */
export type CompactResult =
  | ActivationResult
  | readonly [
      commands: readonly CompactCommand[],
      logs: ActivationResult['logs'] | undefined,
      sinkCalls: ActivationResult['sinkCalls'],
      answers: Completed['answers'],
      versioningBehavior: Completed['versioningBehavior'],
    ];

type CompactCommand =
  | SandboxCommand
  | readonly [
      args: readonly CompactPayload[],
      activityId: string,
      activityType: string,
      taskQueue: string | undefined,
      ...options: unknown[],
    ]
  | readonly [result: readonly CompactPayload[]];

/** An activation without the run's id. */
export function compactActivation(activation: Activation): CompactActivation {
  const { timestampMs, historyLength, historySize, continueAsNewSuggested } = activation;
  const { isReplaying, jobs } = activation;
  return [
    timestampMs,
    historyLength,
    historySize,
    continueAsNewSuggested,
    isReplaying,
    jobs.map(compactJob),
  ];
}

/** The activation of a run. */
export function activationOf(runId: string, compact: CompactActivation): Activation {
  const [timestampMs, historyLength, historySize, continueAsNewSuggested, isReplaying, jobs] =
    compact;
  return {
    runId,
    timestampMs,
    historyLength,
    historySize,
    continueAsNewSuggested,
    isReplaying,
    jobs: jobs.map(jobOf),
  };
}

function compactJob(job: ActivationJob): CompactJob {
  switch (job.kind) {
    case 'resolveActivity':
      return job.outcome.kind === 'completed'
        ? [job.activityId, compactPayloads(job.outcome.result)]
        : job;
    case 'initialize':
      return [compactFacts(job.facts), compactPayloads(job.args), job.headers];
    default:
      return job;
  }
}

function jobOf(compact: CompactJob): ActivationJob {
  if (!isList(compact)) return compact;
  if (compact.length === 2) {
    const [activityId, result] = compact;
    const outcome = { kind: 'completed', result: payloadsOf(result) } as const;
    return { kind: 'resolveActivity', activityId, outcome } satisfies ResolveActivity;
  }
  const [facts, args, headers] = compact;
  return { kind: 'initialize', facts: factsOf(facts), args: payloadsOf(args), headers };
}

/** All fields, so that the compiler misses those that are added. */
const factNames = Object.keys({
  namespace: 0,
  workflowId: 0,
  runId: 0,
  firstExecutionRunId: 0,
  originalExecutionRunId: 0,
  continuedFromExecutionRunId: 0,
  workflowType: 0,
  taskQueue: 0,
  attempt: 0,
  chainStartTimeMs: 0,
  startTimeMs: 0,
  executionTimeoutMs: 0,
  executionExpirationTimeMs: 0,
  runTimeoutMs: 0,
  taskTimeoutMs: 0,
  retryPolicy: 0,
  cronSchedule: 0,
  cronScheduleToScheduleIntervalMs: 0,
  parent: 0,
  root: 0,
  memo: 0,
  searchAttributes: 0,
  lastResult: 0,
  lastFailure: 0,
  priority: 0,
  randomSeed: 0,
} satisfies Record<keyof RunFacts, 0>) as readonly (keyof RunFacts)[];

function compactFacts(facts: RunFacts): readonly unknown[] {
  return factNames.map((name) => facts[name]);
}

function factsOf(values: readonly unknown[]): RunFacts {
  const facts: Partial<Record<keyof RunFacts, unknown>> = {};
  for (const [i, name] of factNames.entries()) facts[name] = values[i];
  return facts as unknown as RunFacts;
}

/** A result whose logs and calls to sinks are plain. */
export function compactResult(result: ActivationResult): CompactResult {
  if (result.kind === 'failed') return result;
  const { commands, logs, sinkCalls, answers, versioningBehavior } = result;
  const list = commands.map(compactCommand);
  return [list, logs.length > 0 ? logs : undefined, sinkCalls, answers, versioningBehavior];
}

/** The result that was made compact. */
export function resultOf(compact: CompactResult): ActivationResult {
  if (!isList(compact)) return compact;
  const [commands, logs = [], sinkCalls, answers, versioningBehavior] = compact;
  return {
    kind: 'completed',
    commands: commands.map(commandOf),
    logs,
    sinkCalls,
    answers,
    versioningBehavior,
  };
}

function compactCommand(command: SandboxCommand): CompactCommand {
  if (command.callStack !== undefined) return command;
  switch (command.kind) {
    case 'scheduleActivity':
      return [
        compactPayloads(command.args),
        command.activityId,
        command.activityType,
        command.taskQueue,
        command.headers,
        command.scheduleToCloseTimeoutMs,
        command.scheduleToStartTimeoutMs,
        command.startToCloseTimeoutMs,
        command.heartbeatTimeoutMs,
        command.retryPolicy,
        command.priority,
        command.summary,
      ];
    case 'completeWorkflow':
      return [compactPayloads(command.result)];
    default:
      return command;
  }
}

function commandOf(compact: CompactCommand): SandboxCommand {
  if (!isList(compact)) return compact;
  const [payloads, activityId, activityType, taskQueue, ...options] = compact;
  const list = payloadsOf(payloads);
  if (activityId === undefined || activityType === undefined) {
    return { kind: 'completeWorkflow', result: list } satisfies CompleteWorkflow;
  }
  const command: { [K in keyof ScheduleActivity]: unknown } = {
    kind: 'scheduleActivity',
    activityId,
    activityType,
    taskQueue,
    args: list,
    headers: options[0],
    scheduleToCloseTimeoutMs: options[1],
    scheduleToStartTimeoutMs: options[2],
    startToCloseTimeoutMs: options[3],
    heartbeatTimeoutMs: options[4],
    retryPolicy: options[5],
    priority: options[6],
    summary: options[7],
  };
  return command as ScheduleActivity;
}

function compactPayloads(payloads: readonly Payload[]): readonly CompactPayload[] {
  return payloads.map((payload) => (isPlainJson(payload) ? payload.data : payload));
}

function payloadsOf(compact: readonly CompactPayload[]): Payload[] {
  return compact.map((each) =>
    // Bytes of its own, as any other payload has: user code may get hold of them.
    each instanceof Uint8Array
      ? { metadata: { encoding: new Uint8Array(JSON_PLAIN) }, data: each }
      : each,
  );
}

/** Whether the encoding is all that its metadata say. */
function isPlainJson({ metadata }: Payload): boolean {
  for (const key in metadata) if (key !== 'encoding') return false;
  const { encoding } = metadata;
  if (encoding?.length !== JSON_PLAIN.length) return false;
  for (let i = 0; i < JSON_PLAIN.length; i++) if (encoding[i] !== JSON_PLAIN[i]) return false;
  return true;
}

function isList<L extends readonly unknown[]>(value: object | L): value is L {
  return Array.isArray(value);
}
