/**
 * What the workers of one process have in common: where they log, what they measure with, and which
 * signals shut them down.
 * There is one runtime at a time; workers take theirs when they are created.
 */
import {
  type Duration,
  IllegalStateError,
  type LogLevel,
  type Logger,
  type MetricMeter,
  noopMetricMeter,
} from '@perdure/common';
import { DefaultLogger } from './default-logger.ts';

/** Options of {@link Runtime.install}. */
export interface RuntimeOptions {
  /** Default: warnings and errors to stderr. */
  logger?: Logger;
  /** Where goes what workflows and activities measure by `metricMeter`. Default: nowhere. */
  metricMeter?: MetricMeter;
  /** Signals that shut every worker down. Default SIGINT, SIGTERM, SIGQUIT, SIGUSR2; `[]` for none. */
  shutdownSignals?: NodeJS.Signals[];
  /** Without effect, but for a warning where it asks for metrics: give {@link metricMeter}. */
  telemetryOptions?: TelemetryOptions;
  /** Without effect: the server knows of its workers by their connections. */
  workerHeartbeatInterval?: Duration;
}

/** What programs say to a part that works beside Node; there is none here, and all is logged alike. */
export interface TelemetryOptions {
  logging?: object;
  metrics?: object;
  noTemporalPrefixForMetrics?: boolean;
}

/** Least level that is logged of parts of the SDK. */
export interface TelemetryFilterOptions {
  core: LogLevel;
  other?: LogLevel;
}

/** A filter for `telemetryOptions.logging`, where it has no effect. */
export function makeTelemetryFilterString({
  core,
  other = 'ERROR',
}: TelemetryFilterOptions): string {
  return `${other},temporal_sdk_core=${core},temporal_client=${core},temporal_sdk=${core}`;
}

/** See the module comment. */
export class Runtime {
  static #installed: Runtime | undefined;
  /** Workers that run under the installed runtime. */
  static #running = 0;

  /** Where workers log that are given no logger of their own. */
  readonly logger: Logger;
  /** What workflows and activities measure with, before their tags are added. */
  readonly metricMeter: MetricMeter;
  readonly shutdownSignals: readonly NodeJS.Signals[];

  private constructor(options: RuntimeOptions) {
    this.logger = options.logger ?? new DefaultLogger('WARN');
    this.metricMeter = options.metricMeter ?? noopMetricMeter;
    this.shutdownSignals = options.shutdownSignals ?? ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR2'];
  }

  /**
   * Sets what workers created from now on have in common.
   *
   * @throws IllegalStateError while workers run: they would go on with the runtime before
   */
  static install(options: RuntimeOptions): Runtime {
    if (Runtime.#running > 0) {
      throw new IllegalStateError(
        `Runtime.install comes before the first worker runs; ${Runtime.#running} run now`,
      );
    }
    Runtime.#installed = new Runtime(options);
    if (options.telemetryOptions?.metrics) {
      Runtime.#installed.logger.warn(
        'RuntimeOptions.telemetryOptions.metrics has no effect: give a metricMeter, which gets all that is measured',
      );
    }
    return Runtime.#installed;
  }

  /** The runtime installed, or one with the defaults. */
  static instance(): Runtime {
    Runtime.#installed ??= new Runtime({});
    return Runtime.#installed;
  }

  /**
   * Notes that a worker runs, and calls back on the first of the shutdown signals.
   *
   * @returns call it when the worker has stopped
   */
  workerRuns(shutdown: () => void): () => void {
    Runtime.#running += 1;
    for (const signal of this.shutdownSignals) process.on(signal, shutdown);
    return () => {
      Runtime.#running -= 1;
      for (const signal of this.shutdownSignals) process.off(signal, shutdown);
    };
  }
}
