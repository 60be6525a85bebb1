/** What the private services need of a logger; a pino logger is one. */
import type { Logger } from 'pino';

export type ServiceLog = Pick<Logger, 'info'>;
