/**
 * Entry of the code that the worker loads into a sandbox, once, before any user code. Not for
 * workflow code, and not to be loaded outside a sandbox: hosts import its types only.
 */
import { host } from './globals/load-text-encoding.ts';
import * as common from '@perdure/common';
import * as encoding from '@perdure/common/lib/encoding';
import * as time from '@perdure/common/lib/time';
import * as typeHelpers from '@perdure/common/lib/type-helpers';
import * as workflow from '../index.ts';
import { furnish } from './globals/install.ts';

/** What `import` of these names gives to user code. */
export const modules: Readonly<Record<string, object>> = {
  '@perdure/common': common,
  '@perdure/common/lib/encoding': encoding,
  '@perdure/common/lib/time': time,
  '@perdure/common/lib/type-helpers': typeHelpers,
  '@perdure/workflow': workflow,
};

furnish(host, Object.values(modules));

export {
  begin,
  beginUnblocking,
  conclude,
  createRun,
  dispose,
  findWorkflowTypes,
  leave,
  pendingStacks,
  step,
} from './activator.ts';
export type {
  Activation,
  ActivationJob,
  ActivationResult,
  LocalActivityBackoff,
  Outcome,
  QueryAnswer,
  RunFacts,
  SandboxCommand,
  SandboxLogEntry,
  SandboxSinkCall,
} from './activation.ts';
export type { MetricsSink, MetricsSinkName } from '../metrics.ts';
export type { HostFunctions, HostUrl, HostUrlSearchParams } from './host.ts';
export type { InstantiateModule, Run, RunSettings, WorkflowModule } from './run.ts';
