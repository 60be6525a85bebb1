/** Interceptors that note what goes through them, and change some of it. */
import {
  AsyncLocalStorage,
  type WorkflowInterceptorsFactory,
  defaultPayloadConverter,
  workflowInfo,
} from '@perdure/workflow';

const noted: string[] = [];
const flow = new AsyncLocalStorage<string>();

/** What went through, for a workflow to return. */
export function notes(): string[] {
  return noted;
}

const tag = (value: unknown) => ({ tag: defaultPayloadConverter.toPayload(value) });
const tagOf = (headers: Record<string, never> | object): unknown => {
  const { tag: payload } = headers as {
    tag?: Parameters<typeof defaultPayloadConverter.fromPayload>[0];
  };
  return payload && defaultPayloadConverter.fromPayload(payload);
};

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute(input, next) {
        noted.push(`execute ${String(tagOf(input.headers))}`);
        return flow.run('from execute', () => next({ ...input, args: [...input.args, 'extra'] }));
      },
      async handleSignal(input, next) {
        noted.push(`signal ${input.signalName} ${String(tagOf(input.headers))}`);
        await next(input);
      },
      async handleQuery(input, next) {
        return { asked: input.queryName, answer: await next(input) };
      },
      validateUpdate(input, next) {
        noted.push(`validate ${input.name}`);
        next(input);
      },
      async handleUpdate(input, next) {
        noted.push(`update ${input.name}`);
        return next(input);
      },
    },
  ],
  outbound: [
    {
      startTimer: (input, next) => next({ ...input, durationMs: input.durationMs * 2 }),
      scheduleActivity: (input, next) =>
        next({ ...input, headers: tag(`${flow.getStore()} ${input.seq}`) }),
      scheduleLocalActivity: (input, next) => next({ ...input, headers: tag(input.attempt) }),
      async startChildWorkflowExecution(input, next) {
        const [started, result] = await next({ ...input, headers: tag('child') });
        return [started, result.then((value) => `seen ${String(value)}`)];
      },
      signalWorkflow: (input, next) => next({ ...input, headers: tag(input.target.type) }),
      continueAsNew: (input, next) => next({ ...input, headers: tag('next') }),
      getLogAttributes: (input, next) => next({ ...input, extra: workflowInfo().attempt }),
    },
    { startTimer: (input, next) => next({ ...input, durationMs: input.durationMs + 1 }) },
  ],
  internals: [
    {
      concludeActivation: (input, next) => {
        noted.push(`concluded ${input.commands.length}`);
        return next(input);
      },
    },
  ],
});
