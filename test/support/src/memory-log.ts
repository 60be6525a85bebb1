import { type Logger, pino } from 'pino';

/** A logger that keeps every line, debug included, for a test to search. */
export function memoryLog(): { readonly logger: Logger; text(): string } {
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  return { logger, text: () => lines.join('') };
}
