/** Ending this run and going on in a new one, with a history of its own (semantics 55). */
import {
  type Duration,
  type RetryPolicy,
  type SearchAttributePair,
  type SearchAttributes,
  type TypedSearchAttributes,
  ValueError,
  type Workflow,
  compileRetryPolicy,
  defineSymbolErrorClass,
  msOptionalToNumber,
} from '@perdure/common';
import type { ContinueAsNewInput } from './interceptors.ts';
import { searchAttributesOf } from './runtime/child-call.ts';
import type { ContinueAsNewCommand } from './runtime/command-options.ts';
import { commandingRun } from './runtime/current-run.ts';
import { headersOrNone } from './runtime/headers.ts';
import { intercepted } from './runtime/interception.ts';
import { payloadsOf } from './runtime/payloads.ts';
import type { Run } from './runtime/run.ts';

/** What the next run has otherwise than this one. Whatever is absent stays as it is. */
export interface ContinueAsNewOptions {
  /** Default: the same. */
  workflowType?: string;
  taskQueue?: string;
  /** Longest time of one run. */
  workflowRunTimeout?: Duration;
  /** Longest time of one workflow task. */
  workflowTaskTimeout?: Duration;
  retry?: RetryPolicy;
  memo?: Record<string, unknown>;
  /** The untyped form; prefer {@link typedSearchAttributes}. */
  searchAttributes?: SearchAttributes;
  typedSearchAttributes?: TypedSearchAttributes | SearchAttributePair[];
  /** Waits so long before the first task. */
  backoffStartInterval?: Duration;
  initialVersioningBehavior?: 'AUTO_UPGRADE' | 'USE_RAMPING_VERSION';
}

/** Thrown by {@link continueAsNew} to end the run; let it through. */
export class ContinueAsNew extends Error {
  /** @internal */
  readonly command: ContinueAsNewCommand;
  /** @internal */
  constructor(command: ContinueAsNewCommand) {
    super('Workflow continued as new');
    this.command = command;
  }
}
defineSymbolErrorClass('ContinueAsNew')(ContinueAsNew);

/**
 * Ends this run and starts the next with new arguments. Never returns: it throws
 * {@link ContinueAsNew}, which must reach the caller of the workflow function.
 */
export function continueAsNew<F extends Workflow>(...args: Parameters<F>): Promise<never> {
  return makeContinueAsNewFunc<F>()(...args);
}

/** {@link continueAsNew} with options. */
export function makeContinueAsNewFunc<F extends Workflow>(
  options: ContinueAsNewOptions = {},
): (...args: Parameters<F>) => Promise<never> {
  const run = commandingRun('continueAsNew()');
  const workflowType = options.workflowType ?? run.facts?.workflowType ?? '';
  const complete = { ...options, workflowType };
  return (...args) => {
    const execute = intercepted(run.interceptors?.outbound, 'continueAsNew', async (input) => {
      throw new ContinueAsNew(commandOf(run, input));
    });
    return execute({ args, headers: {}, options: complete });
  };
}

function commandOf(run: Run, { args, headers, options }: ContinueAsNewInput): ContinueAsNewCommand {
  const memo = options.memo ?? run.memo;
  return {
    kind: 'continueAsNew',
    workflowType: options.workflowType,
    args: payloadsOf(run, args),
    headers: headersOrNone(headers),
    taskQueue: options.taskQueue,
    workflowRunTimeoutMs: milliseconds(options, 'workflowRunTimeout'),
    workflowTaskTimeoutMs: milliseconds(options, 'workflowTaskTimeout'),
    retryPolicy: options.retry && compileRetryPolicy(options.retry),
    backoffStartIntervalMs: milliseconds(options, 'backoffStartInterval'),
    // What the server started this run with it passes on by itself; what has changed, it does not.
    memo: memo && payloadsOf(run, [memo]),
    searchAttributes: searchAttributesOf(options) ?? run.changedSearchAttributes,
    initialVersioningBehavior: options.initialVersioningBehavior,
  };
}

/** @throws ValueError for what is no duration, or less than 0 */
function milliseconds(
  options: ContinueAsNewOptions,
  name: 'workflowRunTimeout' | 'workflowTaskTimeout' | 'backoffStartInterval',
): number | undefined {
  const ms = msOptionalToNumber(options[name]);
  if (ms === undefined || ms >= 0) return ms === undefined ? undefined : Math.ceil(ms);
  throw new ValueError(`ContinueAsNewOptions.${name} must not be negative; got ${ms} ms`);
}
