/** The log of `perdure dev`: on stderr, for people where that is a terminal, JSON lines elsewhere. */
import { type Logger, pino } from 'pino';

/** Values of `--log-level`. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Fields that never reach a log, should anyone ever pass them. */
const redact = ['apiKey', 'key', 'token', 'operatorToken', 'password', 'url', 'postgres'];

/**
 * @param forPeople pretty lines if stderr is a terminal
 */
export async function createDevLog(
  level: (typeof logLevels)[number],
  forPeople: boolean,
): Promise<Logger> {
  const options = { level, redact, base: undefined };
  if (!forPeople || !process.stderr.isTTY) {
    return pino(options, pino.destination({ dest: 2, sync: true }));
  }
  // Loading it takes a while, and programs never see it.
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    destination: 2,
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return pino(options, stream);
}
