/**
 * Job `queryWorkflow`: somebody asks about the run. The handler must answer at once and change
 * nothing; whatever goes wrong is the query's answer and leaves the run as it was (semantics 39, 40).
 */
import type { QueryInput } from '../../interceptors.ts';
import type { WorkflowMetadata } from '../../definitions.ts';
import { DeterminismViolationError } from '../../errors.ts';
import type { ActivationJob } from '../activation.ts';
import { runInFrame } from '../async-frame.ts';
import { intercepted } from '../interception.ts';
import { failureFrom, payloadsOf, valuesOf } from '../payloads.ts';
import type { HandlerEntry, Handlers, Run } from '../run.ts';

type Query = Extract<ActivationJob, { kind: 'queryWorkflow' }>;

/** Answers a query, when the microtasks of the activation have run. */
export function queryWorkflow(run: Run, query: Query): void {
  const { queryId } = query;
  void runInFrame(undefined, () => answer(run, query))
    .then((value) => {
      run.answers.push({ kind: 'answered', queryId, result: payloadsOf(run, [value]) });
    })
    .catch((error: unknown) => {
      run.answers.push({ kind: 'failed', queryId, failure: failureFrom(run, error) });
    });
}

/** Every query of an activation that has no answer gets one that says so. */
export function answerTheRest(run: Run, jobs: readonly ActivationJob[]): void {
  const answered = new Set(run.answers.map(({ queryId }) => queryId));
  for (const job of jobs) {
    if (job.kind !== 'queryWorkflow' || answered.has(job.queryId)) continue;
    const error = new DeterminismViolationError(
      `query ${job.queryType} was not answered at once; an interceptor must not wait in handleQuery`,
    );
    const { queryId } = job;
    run.answers.push({ kind: 'failed', queryId, failure: failureFrom(run, error) });
  }
}

async function answer(
  run: Run,
  { queryId, queryType, args, headers = {} }: Query,
): Promise<unknown> {
  const entry = builtIn(run, queryType) ?? run.queries.find(queryType);
  if (!entry) throw notRegistered(run, queryType);
  const execute = intercepted(
    run.interceptors?.inbound,
    'handleQuery',
    async (input: QueryInput) => {
      const value = entry.handler(...input.args);
      if (!isPromise(value)) return value;
      value.then(undefined, () => {});
      throw new DeterminismViolationError('Query handlers should not return a Promise');
    },
  );
  return execute({ queryId, queryName: queryType, args: valuesOf(run, args), headers });
}

/** Queries that every run answers. The stack traces are the host's, who knows the source maps. */
const builtInNames = ['__stack_trace', '__enhanced_stack_trace', '__temporal_workflow_metadata'];

function builtIn(run: Run, name: string): HandlerEntry | undefined {
  if (name !== '__temporal_workflow_metadata') return undefined;
  return { handler: () => metadataOf(run) };
}

function metadataOf(run: Run): WorkflowMetadata {
  const own = builtInNames.map((name) => ({ name }));
  return {
    definition: {
      type: run.facts?.workflowType ?? '',
      queryDefinitions: [...own, ...described(run.queries)],
      signalDefinitions: described(run.signals),
      updateDefinitions: described(run.updates),
    },
    currentDetails: run.currentDetails,
  };
}

function described({ byName }: Handlers): { name: string; description?: string }[] {
  return Array.from(byName, ([name, { description }]) => ({ name, description }));
}

function notRegistered(run: Run, name: string): ReferenceError {
  const names = [...builtInNames, ...run.queries.byName.keys()].join(' ');
  return new ReferenceError(
    `Workflow did not register a handler for ${name}. Registered queries: [${names}]`,
  );
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
