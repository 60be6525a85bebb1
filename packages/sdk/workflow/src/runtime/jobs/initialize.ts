/** Job `initialize`: the first of a run. Loads its modules; the workflow function starts last. */
import type { FailureConverter, PayloadConverter } from '@perdure/common';
import type { WorkflowExecuteInput, WorkflowInterceptors } from '../../interceptors.ts';
import { workflowOptionsOf } from '../../workflow-options.ts';
import type { ActivationJob } from '../activation.ts';
import { closeRunByError, completeRun } from '../close.ts';
import { type RunInterceptors, intercepted } from '../interception.ts';
import { valuesOf } from '../payloads.ts';
import type { Run, WorkflowModule } from '../run.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/** What a bundle exports that holds more than workflows. */
interface FullBundle {
  readonly workflows: WorkflowModule;
  readonly interceptorModules: readonly { readonly interceptors?: () => WorkflowInterceptors }[];
  readonly payloadConverter?: PayloadConverter;
  readonly failureConverter?: FailureConverter;
}

/** Under this name a bundle exports a {@link FullBundle}, and nothing else. */
const FULL_BUNDLE = '__perdureBundle';

/** The workflow functions and other exports of the user's module. */
export function workflowsOf(module: WorkflowModule): WorkflowModule {
  return (module[FULL_BUNDLE] as FullBundle | undefined)?.workflows ?? module;
}

/**
 * @throws TypeError for a workflow type that the bundle does not export (semantics 49), and whatever
 * the top level of the user's modules throws
 */
export function initialize(run: Run, job: Extract<ActivationJob, { kind: 'initialize' }>): void {
  run.facts = job.facts;
  const module = run.instantiate();
  const workflow = findWorkflow(workflowsOf(module), job.facts.workflowType);
  const full = module[FULL_BUNDLE] as FullBundle | undefined;
  if (full) furnishRun(run, full);
  const args = valuesOf(run, job.args);
  run.started = true;
  const options = workflowOptionsOf(workflow);
  run.versioningBehavior = options.versioningBehavior;
  const names = run.failureTypeNames;
  const classes = options.failureExceptionTypes ?? [];
  if (names.length + classes.length > 0) run.failureTypes = { classes, names };
  const { headers = {} } = job;
  run.startMain = () => {
    void callWorkflow(run, workflow, { args, headers }).then(
      (result) => completeRun(run, result),
      (error: unknown) => closeRunByError(run, error),
    );
  };
}

async function callWorkflow(
  run: Run,
  workflow: AnyFunction,
  input: WorkflowExecuteInput,
): Promise<unknown> {
  if (!run.interceptors) return workflow(...input.args);
  const execute = intercepted(
    run.interceptors.inbound,
    'execute',
    async ({ args }: WorkflowExecuteInput) => workflow(...args),
  );
  return execute(input);
}

function furnishRun(run: Run, bundle: FullBundle): void {
  if (bundle.payloadConverter) run.payloadConverter = bundle.payloadConverter;
  if (bundle.failureConverter) run.failureConverter = bundle.failureConverter;
  const factories = bundle.interceptorModules.flatMap(({ interceptors }) => interceptors ?? []);
  if (factories.length === 0) return;
  const made = factories.map((factory) => factory());
  const interceptors: RunInterceptors = {
    inbound: made.flatMap(({ inbound }) => inbound ?? []),
    outbound: made.flatMap(({ outbound }) => outbound ?? []),
    internals: made.flatMap(({ internals }) => internals ?? []),
  };
  run.interceptors = interceptors;
}

/** The export of that name, else the default export, which stands in for every other type. */
function findWorkflow(module: WorkflowModule, type: string): AnyFunction {
  const named = Object.hasOwn(module, type) ? module[type] : module['default'];
  if (typeof named === 'function') return named as AnyFunction;
  throw new TypeError(
    `Failed to initialize workflow of type '${type}': ` +
      'no such function is exported by the workflow bundle',
  );
}
