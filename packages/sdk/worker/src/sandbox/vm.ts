/**
 * Where workflow code runs: one V8 context for all runs of a bundle, apart from the host's globals,
 * with time and randomness that replay. The SDK is loaded into it once and frozen with all
 * built-ins; the user's modules are evaluated anew for every run, with a `globalThis` of their own.
 * So runs share nothing that can change, and a run that is let go of leaves nothing behind.
 *
 * It keeps honest code deterministic. It is no wall against hostile code, and it does not stop an
 * endless loop: `threaded-vm.ts` puts it into a thread that can be ended.
 *
 * Loaded by workflow threads: imports as little as can be.
 */
import { AsyncResource } from 'node:async_hooks';
import { type Context, Script, compileFunction, constants, createContext } from 'node:vm';
import type * as runtime from '@perdure/workflow/runtime';
import type { Activation, ActivationResult, WorkflowModule } from '@perdure/workflow/runtime';
import { takeOut } from './border.ts';
import type { WorkflowBundle } from './bundle.ts';
import { hostFunctions } from './host-functions.ts';
import type { Sandbox, SandboxRun, SandboxSettings } from './interface.ts';
import { RejectionWatch } from './rejections.ts';
import {
  BUNDLE_SCRIPT,
  RUNTIME_SCRIPT,
  type StackMapper,
  createStackMapper,
} from './source-maps.ts';

type Runtime = typeof runtime;
type ModuleBody = (...args: unknown[]) => void;

/** A sandbox in the thread that calls: activations block it, and are answered at once. */
export interface VmSandbox extends Sandbox {
  createRun(...args: Parameters<Sandbox['createRun']>): VmSandboxRun;
}

/** See {@link VmSandbox}. */
export interface VmSandboxRun extends SandboxRun {
  /**
   * Synchronous, except when the run rejected a promise that may be unhandled: only the end of the
   * event-loop turn tells, so then it is a promise.
   */
  activate(activation: Activation): ActivationResult | Promise<ActivationResult>;
  pendingStacks(): readonly string[];
}

/**
 * Loads a bundle.
 *
 * @param code the SDK's own, see `runtime-code.ts`
 * @throws Error when the bundle's top level throws, or exports no function
 */
export function createVmSandbox(
  code: string,
  bundle: WorkflowBundle,
  settings: SandboxSettings = {},
): VmSandbox {
  const stacks = createStackMapper(bundle.sourceMap);
  const { context, loaded } = loadRuntime(code);
  const instantiate = compileBundle(context, loaded, bundle.code);
  const takeStep = compileStep(context, loaded);
  const workflowTypes = findWorkflowTypes(loaded, instantiate, takeStep, stacks);
  const driver = createDriver(loaded, takeStep, stacks);
  return {
    workflowTypes,
    createRun: (runId, options) =>
      createSandboxRun(driver, loaded.createRun(runId, instantiate, { ...settings, ...options })),
    close: () => Promise.resolve(),
  };
}

function loadRuntime(code: string): { context: Context; loaded: Runtime } {
  // An ordinary global object: fast to read, and it can be frozen.
  const context = createContext(constants.DONT_CONTEXTIFY as unknown as object, {
    name: 'perdure workflows',
    microtaskMode: 'afterEvaluate',
  });
  context['__perdureHost'] = hostFunctions;
  const body = compile(context, code, RUNTIME_SCRIPT, ['exports', 'module']);
  const module = { exports: {} as Runtime };
  body(module.exports, module);
  return { context, loaded: module.exports };
}

/** How the user's modules are evaluated for a run. */
function compileBundle(context: Context, loaded: Runtime, code: string): () => WorkflowModule {
  const parameters = ['exports', 'module', 'require', 'globalThis', 'global'];
  // A function of its own, so that user code may declare the names of the parameters.
  const body = compile(context, `(() => {\n${code}\n})();`, BUNDLE_SCRIPT, parameters, -1);
  const newObject = new Script('() => ({})').runInContext(context) as () => { exports: object };
  const newGlobal = new Script('() => Object.create(globalThis)').runInContext(
    context,
  ) as () => object;
  const require = (name: string): object => loaded.modules[name] as object;
  return () => {
    const module = newObject();
    module.exports = newObject();
    const globals = newGlobal();
    body(module.exports, module, require, globals, globals);
    return module.exports as WorkflowModule;
  };
}

function compile(
  context: Context,
  code: string,
  filename: string,
  parameters: string[],
  lineOffset = 0,
): ModuleBody {
  const options = { parsingContext: context, filename, lineOffset };
  return compileFunction(code, parameters, options) as ModuleBody;
}

/** A script that does one step; the context's microtasks run when it ends. */
function compileStep(context: Context, loaded: Runtime): () => number {
  const declare = new Script('let __perdureStep; (step) => { __perdureStep = step; }');
  (declare.runInContext(context) as (step: () => number) => void)(loaded.step);
  const script = new Script('__perdureStep()', { filename: RUNTIME_SCRIPT });
  return () => script.runInContext(context) as number;
}

function findWorkflowTypes(
  loaded: Runtime,
  instantiate: () => WorkflowModule,
  takeStep: () => number,
  stacks: StackMapper,
): readonly string[] {
  let types: readonly string[] = [];
  try {
    new RejectionWatch().during(() => {
      types = Array.from(loaded.findWorkflowTypes(instantiate, takeStep));
    });
  } catch (error) {
    const stack = (error as Error | undefined)?.stack ?? String(error);
    throw new Error(`the workflow bundle cannot be loaded: ${stacks.mapStack(stack)}`);
  }
  if (types.length > 0) return types;
  throw new Error(
    'the workflow bundle exports no function; export your workflow functions from workflowsPath',
  );
}

/** Carries out activations of a sandbox, see the runtime's activator. */
interface Driver {
  pendingStacks(run: runtime.Run): string[];
  dispose(run: runtime.Run): void;
  activate(run: runtime.Run, activation: Activation): ActivationResult | Promise<ActivationResult>;
}

/**
 * Promises remember the asynchronous context they are made in. A run's must not remember that of
 * whatever brought its task, an activity's for one, which would then live as long as the run.
 */
const neutralContext = new AsyncResource('PerdureWorkflow');

function createDriver(loaded: Runtime, takeStep: () => number, stacks: StackMapper): Driver {
  const work = (run: runtime.Run, activation: Activation): void => {
    loaded.begin(run, activation);
    try {
      takeStep();
      while (loaded.beginUnblocking(run) && takeStep() > 0);
    } finally {
      loaded.leave();
    }
  };
  const conclude = (
    run: runtime.Run,
    activation: Activation,
    unhandled: readonly unknown[],
  ): ActivationResult => takeOut(loaded.conclude(run, activation, unhandled), stacks);
  return {
    pendingStacks: (run) =>
      Array.from(loaded.pendingStacks(run), (stack) => stacks.mapStack(stack)),
    dispose: (run) => loaded.dispose(run),
    activate(run, activation) {
      const watch = new RejectionWatch();
      watch.during(() => neutralContext.runInAsyncScope(work, undefined, run, activation));
      if (!watch.mayHaveUnhandled) return conclude(run, activation, []);
      return watch.unhandled().then((reasons) => conclude(run, activation, reasons));
    },
  };
}

function createSandboxRun(driver: Driver, state: runtime.Run): VmSandboxRun {
  let run: runtime.Run | undefined = state;
  return {
    runId: state.runId,
    lost: false,
    activate(activation) {
      if (run) return driver.activate(run, activation);
      throw new Error(`run ${state.runId} was disposed of; create it again and replay its history`);
    },
    pendingStacks: () => (run ? driver.pendingStacks(run) : []),
    dispose() {
      if (run) driver.dispose(run);
      run = undefined;
    },
  };
}
