/**
 * The whole platform in one process, on a real Postgres: `perdure dev`, and tests.
 *
 * Guarantees: what is acknowledged is in Postgres, whatever is killed; a start in the data directory
 * of a platform that was killed takes it over, and hands out the same API key and key ring; `close`
 * ends within 5 s and leaves no process behind; a Redis that goes away stops nothing.
 */
import { checkUrls, startBackingServices } from './backing-services.ts';
import { type EmbeddedOptions, type EmbeddedSettings, settle } from './embedded-options.ts';
import { addressOf, checkPort } from './gateway-port.ts';
import {
  type LocalConnection,
  ensureKeyRing,
  ensureOperatorToken,
  rememberConnection,
} from './local-access.ts';
import { openDataDirectory } from './services/data-directory.ts';
import { claimOwnership } from './services/ownership.ts';
import { Shutdown } from './shutdown.ts';
import { platformRole, removeAbandonedDataDirs, removeTemporaryDataDir } from './temporary-data.ts';

/** A platform that takes calls. */
export interface Embedded extends LocalConnection {
  readonly host: string;
  readonly port: number;
  /** May create namespaces and API keys. A secret. */
  readonly operatorToken: string;
  /** URL of the database, with its password: a secret. */
  readonly postgres: string;
  /** URL of the broker's Redis or, where there is none, of the database. A secret. */
  readonly broker: string;
  /** Real path of the data directory. */
  readonly dataDir: string;
  /** Stops everything that was started. A second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Starts a platform.
 *
 * @throws ServiceError with what to do: `PORT_IN_USE`, `DATA_DIRECTORY_IN_USE`, …
 */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  const settings = settle(options);
  const shutdown = new Shutdown(settings.log);
  try {
    return await start(settings, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function start(settings: EmbeddedSettings, shutdown: Shutdown): Promise<Embedded> {
  const { namespace, log, ephemeral } = settings;
  if (ephemeral)
    shutdown.add('temporary folder', 1_000, () => removeTemporaryDataDir(settings.dataDir));
  checkUrls(settings);
  await checkPort(settings);
  const dataDir = openDataDirectory(settings.dataDir).path;
  // The private services claim it too, but there may be none.
  const claim = claimOwnership(dataDir, platformRole);
  shutdown.add('data directory', 100, async () => claim.release());
  const [services, { startPlatform }] = await Promise.all([
    startBackingServices(settings).then((started) => {
      shutdown.add('private services', 3_000, () => started.stop());
      return started;
    }),
    import('./platform.ts'),
  ]);
  const operatorToken = ensureOperatorToken(dataDir);
  const keyring = await ensureKeyRing(dataDir);
  const access = { dataDir, operatorToken };
  const { apiKey, place } = await startPlatform(settings, services, access, shutdown);
  const connection = { address: addressOf(place), namespace, apiKey, keyring };
  rememberConnection(dataDir, connection);
  if (ephemeral) void removeAbandonedDataDirs();
  log.info({ address: connection.address, namespace, dataDir }, 'ready');
  return {
    ...connection,
    ...place,
    operatorToken,
    postgres: services.postgresUrl,
    broker: services.brokerUrl,
    dataDir,
    close: () => shutdown.run(),
  };
}
