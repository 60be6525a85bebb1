/**
 * A platform for tests, as its users see it: an address, a namespace, an API key, a key ring; and
 * ways to get clients and workers of it that end with the stage they were made on.
 */
import { Client, type ClientOptions, Connection, type ConnectionOptions } from '@perdure/client';
import { type KeyRing, loadKeyRingFile } from '@perdure/data-converter';
import {
  type Embedded,
  type EmbeddedOptions,
  removeDataDirectory,
  startEmbedded,
} from '@perdure/embedded';
import type { Stage } from './stage.ts';
import { memoryLog } from './memory-log.ts';

/** Where a platform is and what opens it. */
export interface PlatformAccess {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey: string;
  readonly keyRing: KeyRing;
  readonly operatorToken: string;
}

/** A platform in this very process. */
export interface Platform extends PlatformAccess {
  /** URLs of the database and the broker, of whoever may see everything. */
  readonly postgres: string;
  readonly broker: string;
  readonly dataDir: string;
  /** All that the server has logged so far. */
  log(): string;
  close(): Promise<void>;
}

/** Starts a platform in this process, on a temporary data directory unless told otherwise. */
export async function startPlatform(
  stage: Stage,
  options: EmbeddedOptions = {},
): Promise<Platform> {
  const memory = memoryLog();
  const ephemeral = options.dataDir === undefined;
  const embedded = await startEmbedded({ port: 0, ephemeral, log: memory.logger, ...options });
  stage.add('platform', () => embedded.close());
  return { ...(await accessOf(embedded)), ...placesOf(embedded), log: () => memory.text() };
}

/** Path of a data directory for platforms that are started again; removed with all it holds. */
export function newDataDirectory(stage: Stage): string {
  const path = `${stage.temporaryDirectory()}/data`;
  stage.add('data directory', () => removeDataDirectory(path));
  return path;
}

async function accessOf(embedded: Embedded): Promise<PlatformAccess> {
  const { address, namespace, apiKey, operatorToken, keyring } = embedded;
  return { address, namespace, apiKey, operatorToken, keyRing: await loadKeyRingFile(keyring) };
}

function placesOf(embedded: Embedded) {
  const { postgres, broker, dataDir } = embedded;
  return { postgres, broker, dataDir, close: () => embedded.close() };
}

/** A connection to a platform, with the key of its namespace unless told otherwise. */
export async function connectTo(
  stage: Stage,
  { address, apiKey }: PlatformAccess,
  options: ConnectionOptions = {},
): Promise<Connection> {
  const connection = await Connection.connect({ address, apiKey, ...options });
  stage.add('connection', () => connection.close());
  return connection;
}

/** A client of a platform's namespace, on a connection of its own unless told otherwise. */
export async function clientOf(
  stage: Stage,
  platform: PlatformAccess,
  options: Partial<ClientOptions> = {},
): Promise<Client> {
  const { namespace, keyRing } = platform;
  const connection = options.connection ?? (await connectTo(stage, platform));
  return new Client({ namespace, keyRing, ...options, connection });
}

/** A namespace made for a test, with access to it. Keys are sealed with the platform's own ring. */
export async function createNamespace(
  platform: PlatformAccess,
  name: string,
  { sealed = true }: { sealed?: boolean } = {},
): Promise<PlatformAccess & { readonly apiKeyId: string }> {
  return asOperator(platform, async (control) => {
    await control.createNamespace.mutate({ name, sealed });
    const { key, id } = await control.createApiKey.mutate({ namespace: name, label: 'test' });
    return { ...platform, namespace: name, apiKey: key, apiKeyId: id };
  });
}

/** Does something that only the operator may. */
export async function asOperator<T>(
  { address, operatorToken }: PlatformAccess,
  work: (control: Connection['service']['control']) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address, apiKey: operatorToken });
  try {
    return await work(connection.service.control);
  } finally {
    await connection.close();
  }
}
