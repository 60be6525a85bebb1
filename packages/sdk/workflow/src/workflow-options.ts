/** What a workflow function says about itself. */
import type { VersioningBehavior, Workflow } from '@perdure/common';
import type { FailureClasses } from './runtime/failure-types.ts';

/** Options of a workflow type. */
export interface WorkflowDefinitionOptions {
  /** Whether runs stay with the version of the code that they began with. */
  versioningBehavior?: VersioningBehavior;
  /** Errors that, beside failures, fail the run and not just its task (semantics 48). */
  failureExceptionTypes?: FailureClasses;
}

/** Options, or how to come by them. */
export type WorkflowDefinitionOptionsOrGetter =
  | WorkflowDefinitionOptions
  | (() => WorkflowDefinitionOptions);

const OPTIONS = Symbol('workflow options');

/**
 * Says something about a workflow function; call it beside the function, at the top level of the
 * module. A getter is called once, before the function first runs in a run.
 */
export function setWorkflowOptions<F extends Workflow>(
  options: WorkflowDefinitionOptionsOrGetter,
  fn: F,
): void {
  if (typeof fn !== 'function') {
    throw new TypeError(`setWorkflowOptions() wants a workflow function; got ${typeof fn}`);
  }
  Object.defineProperty(fn, OPTIONS, { value: options, configurable: true });
}

/** @internal What was said about a function. */
export function workflowOptionsOf(fn: object): WorkflowDefinitionOptions {
  const options = (fn as { [OPTIONS]?: WorkflowDefinitionOptionsOrGetter })[OPTIONS];
  return (typeof options === 'function' ? options() : options) ?? {};
}
