/** What the procedures let through to the services, and from whom. */
import { type ErrorCode, PerdureServiceError, errorCodes } from '@perdure/common';
import { TRPCError } from '@trpc/server';
import { describe, expect, it } from 'vitest';
import {
  type Caller,
  type ContractContext,
  type Services,
  appRouter,
  httpStatusOf,
  refusalIn,
} from '../src/index.ts';

const caller: Caller = {
  kind: 'namespace',
  namespaceId: 1,
  namespace: 'orders',
  sealed: true,
  apiKeyId: 'k',
};
const execution = { namespace: 'orders', workflowId: 'w' };
const request = { requestId: 'r' };
const start = { ...execution, ...request, workflowType: 't', taskQueue: 'q' };
const activity = { workflowId: 'w', activityId: 'a' };
const update = { updateId: 'u', updateName: 'add', waitForStage: 'ACCEPTED' };
const { namespace: _, ...startOfUpdate } = start;

/** The least that each procedure takes. */
const inputs: Readonly<Record<string, object>> = {
  startWorkflow: start,
  signalWithStart: { ...start, signalName: 's' },
  signalWorkflow: { ...execution, ...request, signalName: 's' },
  requestCancelWorkflow: { ...execution, ...request },
  terminateWorkflow: { ...execution, ...request },
  describeWorkflow: execution,
  getHistory: execution,
  listWorkflows: { namespace: 'orders' },
  updateWorkflow: { ...execution, ...update },
  pollUpdate: { ...execution, updateId: 'u', waitForStage: 'COMPLETED' },
  updateWithStart: { namespace: 'orders', start: startOfUpdate, update },
  queryWorkflow: { ...execution, queryName: 'q' },
  completeActivity: { namespace: 'orders', activity, ...request },
  failActivity: {
    namespace: 'orders',
    activity,
    failure: { info: { kind: 'server' } },
    ...request,
  },
  reportActivityCancellation: { namespace: 'orders', activity, ...request },
  heartbeatActivity: { namespace: 'orders', activity },
};

interface Heard {
  readonly verb: string;
  readonly input: Record<string, unknown>;
}

/** Calls a procedure over services that write down what they hear. */
async function call(
  verb: string,
  input: unknown,
  by: Caller = caller,
): Promise<{ heard: Heard[]; code: ErrorCode | undefined; message: string }> {
  const heard: Heard[] = [];
  const workflows = new Proxy(
    {},
    {
      get: (_target, name) => async (_caller: Caller, given: Heard['input']) =>
        void heard.push({ verb: String(name), input: given }),
    },
  ) as Services['workflows'];
  const services = { workflows } as Services;
  const context: ContractContext = { services, caller: by };
  const workflow = appRouter.createCaller(context).workflow as unknown as Record<
    string,
    (given: unknown) => Promise<unknown>
  >;
  try {
    await workflow[verb]!(input);
    return { heard, code: undefined, message: '' };
  } catch (error) {
    const refusal = error instanceof TRPCError ? refusalIn(error) : undefined;
    return { heard, code: refusal?.code, message: refusal?.message ?? String(error) };
  }
}

const verbs = Object.keys(appRouter._def.procedures)
  .filter((path) => path.startsWith('workflow.'))
  .map((path) => path.replace('workflow.', ''));

describe.each(verbs)('workflow.%s', (verb) => {
  it('reaches the service of that name', async () => {
    const { heard, message } = await call(verb, inputs[verb]);
    expect([heard.map((each) => each.verb), message]).toEqual([[verb], '']);
  });

  it('is not for callers of another namespace, nor for the operator', async () => {
    const other: Caller = { ...caller, namespace: 'payments' };
    expect(await call(verb, inputs[verb], other)).toMatchObject({
      heard: [],
      code: 'NAMESPACE_NOT_FOUND',
    });
    expect(await call(verb, inputs[verb], { kind: 'operator' })).toMatchObject({
      heard: [],
      code: 'PERMISSION_DENIED',
    });
  });

  it('takes no ids that the store could not hold', async () => {
    const text = 'x'.repeat(1_001);
    const { workflowId: _id, ...rest } = inputs[verb] as { workflowId?: string };
    const long = { ...rest, namespace: 'orders', workflowId: text };
    const nested = { ...inputs[verb], activity: { ...activity, workflowId: text } };
    const deep = { ...inputs[verb], start: { ...startOfUpdate, workflowId: text } };
    const input = verb.includes('Activity') ? nested : verb === 'updateWithStart' ? deep : long;
    expect(await call(verb, input)).toMatchObject({ heard: [], code: 'INVALID_ARGUMENT' });
  });
});

describe('inputs', () => {
  it('have defaults', async () => {
    const policiesOf = async (verb: string) => (await call(verb, inputs[verb])).heard[0]!.input;
    expect(await policiesOf('startWorkflow')).toMatchObject({
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
    expect(await policiesOf('signalWithStart')).toMatchObject({
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    expect(await policiesOf('queryWorkflow')).toMatchObject({ rejectCondition: 'NONE' });
  });

  it.each([
    ['signalWithStart', { workflowIdConflictPolicy: 'FAIL' }, 'workflowIdConflictPolicy'],
    ['startWorkflow', { priority: { priorityKey: 6 } }, 'priority.priorityKey'],
    ['startWorkflow', { priority: { fairnessWeight: 0 } }, 'priority.fairnessWeight'],
    ['startWorkflow', { searchAttributes: { a: { value: {} } } }, 'searchAttributes.a.value'],
    ['startWorkflow', { userMetadata: { summary: 'in the clear' } }, 'userMetadata.summary'],
    ['startWorkflow', { cronSchedule: '' }, 'cronSchedule'],
    ['startWorkflow', { startDelayMs: 1e15 }, 'startDelayMs'],
    ['updateWorkflow', { waitForStage: 'ADMITTED' }, 'waitForStage'],
    ['queryWorkflow', { rejectCondition: 'SOMETIMES' }, 'rejectCondition'],
    ['completeActivity', { activity: { workflowId: 'w' } }, 'activity'],
    ['completeActivity', { result: 'in the clear' }, 'result'],
  ])('of %s with %j are refused by name', async (verb, wrong, field) => {
    const { heard, code, message } = await call(verb, { ...inputs[verb], ...wrong });
    expect([heard, code]).toEqual([[], 'INVALID_ARGUMENT']);
    expect(message).toContain(`'${field}`);
  });

  it('name an activity by its token or by its ids, not by a mixture', async () => {
    const token = { workflowId: 'w', runId: 'r', scheduledEventId: 5, attempt: 1 };
    for (const named of [token, activity, { ...activity, runId: 'r' }]) {
      const { heard } = await call('heartbeatActivity', { namespace: 'orders', activity: named });
      expect(heard[0]!.input['activity']).toEqual(named);
    }
    const { attempt: _attempt, ...cut } = token;
    const { code } = await call('heartbeatActivity', { namespace: 'orders', activity: cut });
    expect(code).toBe('INVALID_ARGUMENT');
  });
});

describe('refusals', () => {
  it('have an HTTP status each, never that of success', () => {
    expect(Object.keys(httpStatusOf).toSorted()).toEqual([...errorCodes].toSorted());
    for (const code of errorCodes) expect(httpStatusOf[code]).toBeGreaterThanOrEqual(400);
  });

  it('keep their code and fields through tRPC', () => {
    const cause = new PerdureServiceError('QUERY_REJECTED', 'no', { status: 'COMPLETED' });
    const error = new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause });
    expect(refusalIn(error)).toBe(cause);
  });
});
