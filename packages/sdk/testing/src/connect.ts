/**
 * The client of an environment. Loaded when an environment is made: tests of activities alone do
 * without.
 */
import {
  Client,
  Connection,
  type ConnectionDefaults,
  type ConnectionOptions,
} from '@perdure/client';
import { formatKeyRing, generateKeyRing, parseKeyRing } from '@perdure/data-converter';
import type { OwnPlatformOptions, TestWorkflowEnvironmentOptions } from './environment-options.ts';
import type { OwnPlatform } from './test-platform.ts';

/** What a platform of an environment's own is to be, and what its clients and workers use. */
export interface OwnPlatformSettings {
  readonly namespace: string;
  readonly sealed: boolean;
  readonly defaults: ConnectionDefaults;
}

/** Fills what the options leave open: sealed as in production, with keys made for the occasion. */
export function ownPlatformSettings(options: OwnPlatformOptions): OwnPlatformSettings {
  const { namespace = 'default', client } = options;
  const keyRing =
    client?.keyRing === undefined ? parseKeyRing(formatKeyRing(generateKeyRing())) : client.keyRing;
  return { namespace, sealed: keyRing !== null, defaults: { namespace, keyRing } };
}

/**
 * Connects to a platform that was started for the environment, and ends it if that fails.
 *
 * @throws PerdureServiceError when the platform cannot be reached
 */
export async function connectToOwn(
  platform: OwnPlatform,
  defaults: ConnectionDefaults,
  options: TestWorkflowEnvironmentOptions,
): Promise<Client> {
  const { address, apiKey } = platform;
  try {
    return await connect({ address, apiKey, defaults }, options);
  } catch (error) {
    await platform.close();
    throw error;
  }
}

/** @throws PerdureServiceError when the server cannot be reached or refuses the API key */
export async function connect(
  where: ConnectionOptions,
  options: TestWorkflowEnvironmentOptions,
): Promise<Client> {
  const connection = await Connection.connect(where);
  return new Client({ ...options.client, connection });
}
