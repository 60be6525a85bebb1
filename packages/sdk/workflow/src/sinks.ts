/** Calls out of the sandbox: fire and forget, to functions that the worker was given as `sinks`. */
import type { LogMetadata } from '@perdure/common';
import { infoOf } from './info.ts';
import { currentRun } from './runtime/current-run.ts';

/** A function of a sink. What it returns nobody sees. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type SinkFunction = (...args: any[]) => void;
/** The functions of one sink. */
export type Sink = Record<string, SinkFunction>;
/** Sinks by name. */
export type Sinks = Record<string, Sink>;

/** The sink that workflows logged through before there was `log`; prefer that. */
export interface LoggerSinks extends Sinks {
  defaultWorkerLogger: {
    trace(message: string, attributes?: LogMetadata): void;
    debug(message: string, attributes?: LogMetadata): void;
    info(message: string, attributes?: LogMetadata): void;
    warn(message: string, attributes?: LogMetadata): void;
    error(message: string, attributes?: LogMetadata): void;
  };
}

/**
 * Functions whose calls the worker carries out once the workflow has done its present work. By
 * default not during replay; a task that fails is run again, and calls again.
 *
 * ```ts
 * const { metrics } = proxySinks<{ metrics: { count(name: string): void } }>();
 * ```
 */
export function proxySinks<T extends Sinks>(): T {
  return byName((sinkName) =>
    byName((functionName) => (...args: unknown[]) => {
      const run = currentRun(`sink ${sinkName}.${functionName}`);
      (run.sinkCalls ??= []).push({ sinkName, functionName, args, info: infoOf(run) });
    }),
  ) as T;
}

function byName(make: (name: string) => unknown): object {
  const get = (_target: object, name: string | symbol): unknown =>
    typeof name === 'string' ? make(name) : undefined;
  return new Proxy({}, { get });
}
