/**
 * Stores, broker, planes and gateway on services that run: the part of an embedded platform that
 * takes long to load, so that it is loaded while the services start.
 */
import { createPostgresTaskBroker, createRedisTaskBroker } from '@perdure/broker-bullmq';
import { type ControlPlane, createControlPlane } from '@perdure/control-plane';
import { createDataPlane } from '@perdure/data-plane';
import { startGateway } from '@perdure/gateway';
import type { TaskBroker } from '@perdure/ports';
import { type PostgresStore, createPostgresStore, migrate } from '@perdure/store-postgres';
import { v7 as uuid7 } from 'uuid';
import type { BackingServices } from './backing-services.ts';
import type { EmbeddedSettings } from './embedded-options.ts';
import { type ListenPlace, listenError } from './gateway-port.ts';
import { ensureApiKey } from './local-access.ts';
import { loggerOf } from './pino-logger.ts';
import type { Shutdown } from './shutdown.ts';

/** A platform that takes calls. */
export interface Platform {
  /** Where it listens. */
  readonly place: ListenPlace;
  readonly apiKey: string;
}

const clock = { now: () => Date.now() };

/**
 * Migrates the database and opens for calls.
 *
 * @param dataDir where the API key is remembered
 * @throws ServiceError `PORT_IN_USE` or `START_FAILED`
 */
export async function startPlatform(
  settings: EmbeddedSettings,
  services: BackingServices,
  access: { readonly dataDir: string; readonly operatorToken: string },
  shutdown: Shutdown,
): Promise<Platform> {
  const { postgresUrl: url } = services;
  const { dataDir, operatorToken } = access;
  await migrate(url);
  const store = createPostgresStore({ url, log: loggerOf(settings.log, 'store') });
  shutdown.add('store', 500, () => store.close());
  const controlPlane = createControlPlane({ store: store.control, clock, operatorToken });
  const apiKey = await ensureApiKey(controlPlane, dataDir, settings.namespace, settings.sealed);
  const place = await openForCalls(settings, services, store, controlPlane, shutdown);
  return { apiKey, place };
}

async function openForCalls(
  settings: EmbeddedSettings,
  services: BackingServices,
  store: PostgresStore,
  controlPlane: ControlPlane,
  shutdown: Shutdown,
): Promise<ListenPlace> {
  const { host, port, log } = settings;
  const broker = openBroker(settings, services);
  shutdown.add('broker', 300, () => broker.close());
  const dataPlane = createDataPlane({
    executions: store.executions,
    visibility: store.visibility,
    sessions: store.sessions,
    letters: store.letters,
    broker,
    clock,
    log: loggerOf(log, 'data-plane'),
    newRunId: () => uuid7(),
    alone: services.ownsPostgres,
  });
  shutdown.add('data plane', 600, () => dataPlane.close());
  dataPlane.start();
  try {
    const parts = { dataPlane, controlPlane, log: loggerOf(log, 'gateway'), host, port };
    const gateway = await startGateway(parts);
    shutdown.add('gateway', 400, () => gateway.close());
    return { host: gateway.host, port: gateway.port };
  } catch (error) {
    throw listenError(error, settings);
  }
}

/** Connects in the background. */
function openBroker({ log }: EmbeddedSettings, services: BackingServices): TaskBroker {
  const { broker, brokerUrl: url, databaseId } = services;
  const logger = loggerOf(log, 'broker');
  if (broker === 'postgres') return createPostgresTaskBroker({ url, logger });
  // Several platforms may share a Redis, but ids of one database mean nothing to another.
  return createRedisTaskBroker({ url, prefix: `perdure-${databaseId}`, logger });
}
