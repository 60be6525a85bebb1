/** Perdure's logger on pino. */
import type { LogMetadata, Logger } from '@perdure/common';
import type { Logger as Pino } from 'pino';

/** A logger whose lines carry the name of the part that wrote them. */
export function loggerOf(pino: Pino, part: string): Logger {
  const child = pino.child({ part });
  return {
    trace: (message: string, meta?: LogMetadata) => child.trace(meta, message),
    debug: (message: string, meta?: LogMetadata) => child.debug(meta, message),
    info: (message: string, meta?: LogMetadata) => child.info(meta, message),
    warn: (message: string, meta?: LogMetadata) => child.warn(meta, message),
    error: (message: string, meta?: LogMetadata) => child.error(meta, message),
  };
}
