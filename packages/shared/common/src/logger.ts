/** Severities, least first. */
export const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** Structured facts beside a message. Never payloads, keys or tokens. */
export type LogMetadata = Record<string, unknown>;

/** What every part of Perdure logs through. */
export interface Logger {
  trace(message: string, meta?: LogMetadata): void;
  debug(message: string, meta?: LogMetadata): void;
  info(message: string, meta?: LogMetadata): void;
  warn(message: string, meta?: LogMetadata): void;
  error(message: string, meta?: LogMetadata): void;
}

/** Drops everything. */
export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/** Which part of an SDK a line comes from: the `sdkComponent` among its facts. */
export const SdkComponent = {
  workflow: 'workflow',
  activity: 'activity',
  nexus: 'nexus',
  worker: 'worker',
  core: 'core',
} as const;
export type SdkComponent = (typeof SdkComponent)[keyof typeof SdkComponent];
