/** Connecting as a user of a namespace: as told, as the environment says, or to `perdure dev`. */
import type { Client } from '@perdure/client';
import { loadClientConnectConfig } from '@perdure/envconfig';

/** What the options of a command say about where to connect. */
export interface ClientOptions {
  readonly address?: string;
  readonly namespace?: string;
  readonly dataDir?: string;
}

/** A command should fail while its user still looks. */
const connectTimeout = '3s';
const answerWithinMs = 20_000;

/**
 * Connects, hands over a client, and closes the connection whatever happens.
 *
 * @throws PerdureServiceError, KeyRingError or ValueError with what to do
 */
export async function withClient<T>(
  options: ClientOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { Client, Connection } = await import('@perdure/client');
  const { loadKeyRing } = await import('@perdure/data-converter');
  const { connectionOptions, namespace, keyring } = await configOf(options);
  const keyRing = keyring === undefined ? null : await loadKeyRing(keyring);
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout });
  try {
    return await inTime(use(new Client({ connection, namespace, keyRing })));
  } finally {
    await connection.close();
  }
}

/** The platform of the data directory counts only when nothing else says where to connect. */
async function configOf({ address, namespace, dataDir }: ClientOptions) {
  const { env } = process;
  const told = address ?? env['PERDURE_ADDRESS'] ?? env['PERDURE_API_KEY'];
  if (dataDir === undefined && told) return loadClientConnectConfig({ address, namespace });
  const { defaultDataDir, readConnection } = await import('@perdure/embedded');
  const local = readConnection(dataDir ?? defaultDataDir());
  if (local === undefined && dataDir !== undefined) {
    throw new Error(
      `No platform was ever started in '${dataDir}'. Start one with: perdure dev --data-dir ${dataDir}`,
    );
  }
  return loadClientConnectConfig({ ...local, namespace: namespace ?? local?.namespace });
}

/** The connection of the SDK waits for a server to come back; a person does not. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const text = `The server has not answered within ${answerWithinMs / 1000} s. Is it still running?`;
    timer = setTimeout(() => reject(new Error(text)), answerWithinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
