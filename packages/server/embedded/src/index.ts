/**
 * Everything in one process: the platform with a Postgres and a Redis of its own, for
 * `perdure dev` and for tests.
 */
export { type Embedded, startEmbedded } from './embedded.ts';
export { type BrokerChoice, type EmbeddedOptions, defaultDataDir } from './embedded-options.ts';
export { type LocalConnection, readConnection, readOperatorToken } from './local-access.ts';
export { loggerOf } from './pino-logger.ts';
export { removeDataDirectory } from './services/data-directory.ts';
export {
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from './services/postgres-server.ts';
export {
  type RedisOptions,
  type RedisServer,
  findRedisServer,
  startRedis,
} from './services/redis-server.ts';
export { ServiceError, type ServiceErrorCode } from './services/service-error.ts';
