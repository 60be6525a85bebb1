/** Job `initialize`: the first of a run. Loads its modules; the workflow function starts last. */
import type { ActivationJob } from '../activation.ts';
import { closeRunByError, completeRun } from '../close.ts';
import { valuesOf } from '../payloads.ts';
import type { Run, WorkflowModule } from '../run.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * @throws TypeError for a workflow type that the bundle does not export (semantics 49), and whatever
 * the top level of the user's modules throws
 */
export function initialize(run: Run, job: Extract<ActivationJob, { kind: 'initialize' }>): void {
  run.facts = job.facts;
  const workflow = findWorkflow(run.instantiate(), job.facts.workflowType);
  const args = valuesOf(job.args);
  run.started = true;
  run.startMain = () => {
    void callWorkflow(workflow, args).then(
      (result) => completeRun(run, result),
      (error: unknown) => closeRunByError(run, error),
    );
  };
}

async function callWorkflow(workflow: AnyFunction, args: unknown[]): Promise<unknown> {
  return workflow(...args);
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
