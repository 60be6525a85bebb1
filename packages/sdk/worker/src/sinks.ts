/** Sinks: functions of the worker that workflow code calls and never hears back from. */
import type { Logger } from '@perdure/common';
import type { WorkflowInfo } from '@perdure/workflow';
import type { SandboxSinkCall } from '@perdure/workflow/runtime';

/** A function behind a sink; it may be async, and nobody waits for it. */
export interface InjectedSinkFunction {
  // oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
  fn(info: WorkflowInfo, ...args: any[]): void | Promise<void>;
  /** Default false: calls that were made before are not made again. */
  callDuringReplay?: boolean;
}

/** Sinks by name, each with its functions by name. */
export type InjectedSinks<T = Record<string, Record<string, unknown>>> = {
  [S in keyof T]: { [F in keyof T[S]]: InjectedSinkFunction };
};

/** Makes the calls of an activation. What goes wrong is logged, and no business of the workflow. */
export function callSinks(
  sinks: InjectedSinks | undefined,
  calls: readonly SandboxSinkCall[],
  isReplaying: boolean,
  log: Logger,
): void {
  for (const { sinkName, functionName, args, info } of calls) {
    const sink = sinks?.[sinkName]?.[functionName];
    if (!sink) {
      log.error('a workflow called a sink that the worker does not have', {
        sinkName,
        functionName,
      });
      continue;
    }
    if (isReplaying && !sink.callDuringReplay) continue;
    const failed = (error: unknown): void =>
      log.error('a sink failed', { sinkName, functionName, error: String(error) });
    try {
      Promise.resolve(sink.fn(info as WorkflowInfo, ...args)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
