import { taskBrokerConformance } from '@perdure/ports/conformance';
import { createRedisTaskBroker } from '../src/index.ts';
import { PrivateRedis } from './private-redis.ts';

taskBrokerConformance('BullMQ on Redis', async () => {
  const redis = await PrivateRedis.start('--save', '', '--hz', '100');
  return {
    connect: () => createRedisTaskBroker({ url: redis.url, timeoutMs: 3_000 }),
    wipe: () => redis.use(async (client) => void (await client.flushall())),
    payloads: () =>
      redis.use(async (client) => {
        const keys = await client.keys('perdure:*:.*');
        return Promise.all(keys.map(async (key) => (await client.hgetall(key)).data ?? ''));
      }),
    outage: { begin: () => redis.kill(), end: () => redis.start() },
    dispose: () => redis.dispose(),
  };
});
