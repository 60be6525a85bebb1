/**
 * The task broker on BullMQ: on Redis for production, on Postgres where there is no Redis.
 */
export {
  createPostgresTaskBroker,
  type PostgresTaskBrokerOptions,
} from './postgres/postgres-task-broker.ts';
export { createRedisTaskBroker, type RedisTaskBrokerOptions } from './redis/redis-task-broker.ts';
