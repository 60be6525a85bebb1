/** Logging from a workflow: each line once, however often the run is replayed. */
import type { LogLevel, LogMetadata, Logger } from '@perdure/common';
import { currentRun } from './runtime/current-run.ts';
import { writeLog } from './runtime/log-entry.ts';

function at(level: LogLevel): (message: string, meta?: LogMetadata) => void {
  return (message, meta) => writeLog(currentRun('log'), level, message, meta);
}

/**
 * The run's logger. Lines go to the worker's logger with the run's identity beside them; nothing is
 * written during replay.
 */
export const log: Logger = {
  trace: at('TRACE'),
  debug: at('DEBUG'),
  info: at('INFO'),
  warn: at('WARN'),
  error: at('ERROR'),
};
