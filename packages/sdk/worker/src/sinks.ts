/** Sinks: functions of the worker that workflow code calls and never hears back from. */
import type { LogLevel, LogMetadata, Logger } from '@perdure/common';
import type { LoggerSinks, Sink, SinkFunction, Sinks, WorkflowInfo } from '@perdure/workflow';
import type { SandboxSinkCall } from '@perdure/workflow/runtime';
import { Runtime } from './runtime.ts';

/** A function behind a sink; it may be async, and nobody waits for it. */
export interface InjectedSinkFunction<F extends SinkFunction = SinkFunction> {
  fn(info: WorkflowInfo, ...args: Parameters<F>): void | Promise<void>;
  /** Default false: calls that were made before are not made again. */
  callDuringReplay?: boolean;
}

/** The functions of one sink, by name. */
export type InjectedSink<T extends Sink = Sink> = { [F in keyof T]: InjectedSinkFunction<T[F]> };

/** Sinks by name, each with its functions by name. */
export type InjectedSinks<T extends Sinks = Sinks> = { [S in keyof T]: InjectedSink<T[S]> };

/**
 * The sink behind {@link LoggerSinks}, for workflow code from before `log`: its lines go to a logger
 * with the run's identity beside them.
 *
 * @param logger default: the one of the {@link Runtime}
 */
export function defaultSinks(logger?: Logger): InjectedSinks<LoggerSinks> {
  const at = (level: Lowercase<LogLevel>) => ({
    fn(
      { workflowId, runId, workflowType }: WorkflowInfo,
      message: string,
      attributes?: LogMetadata,
    ) {
      const log = logger ?? Runtime.instance().logger;
      log[level](message, { workflowId, runId, workflowType, ...attributes });
    },
  });
  return {
    defaultWorkerLogger: {
      trace: at('trace'),
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
    },
  };
}

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
