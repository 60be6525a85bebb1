import { inspect } from 'node:util';
import type { LogLevel, LogMetadata, Logger } from '@perdure/common';
import { logLevels } from '@perdure/common';

/** One line that was logged. */
export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly timestampNanos: bigint;
  readonly meta?: LogMetadata;
}

/** Writes lines of a level or above, by default to stderr. */
export class DefaultLogger implements Logger {
  readonly #least: number;
  readonly #write: (entry: LogEntry) => void;

  /** @param level least severe level written. Default INFO. */
  constructor(level: LogLevel = 'INFO', write: (entry: LogEntry) => void = toStderr) {
    this.#least = logLevels.indexOf(level);
    this.#write = write;
  }

  log(level: LogLevel, message: string, meta?: LogMetadata): void {
    if (logLevels.indexOf(level) < this.#least) return;
    this.#write({ level, message, meta, timestampNanos: BigInt(Date.now()) * 1_000_000n });
  }
  trace(message: string, meta?: LogMetadata): void {
    this.log('TRACE', message, meta);
  }
  debug(message: string, meta?: LogMetadata): void {
    this.log('DEBUG', message, meta);
  }
  info(message: string, meta?: LogMetadata): void {
    this.log('INFO', message, meta);
  }
  warn(message: string, meta?: LogMetadata): void {
    this.log('WARN', message, meta);
  }
  error(message: string, meta?: LogMetadata): void {
    this.log('ERROR', message, meta);
  }
}

function toStderr({ level, message, meta }: LogEntry): void {
  const time = new Date().toISOString();
  const facts = meta ? ` ${textOf(meta)}` : '';
  process.stderr.write(`${time} [${level}] ${message}${facts}\n`);
}

/** On one line; of errors the stack, which JSON would leave out. */
function textOf(meta: LogMetadata): string {
  try {
    return JSON.stringify(meta, (_key, value: unknown) => {
      if (value instanceof Error) return value.stack;
      return typeof value === 'bigint' ? String(value) : value;
    });
  } catch {
    return inspect(meta, { breakLength: Infinity });
  }
}
