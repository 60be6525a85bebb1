/** The data converter of a client or worker, loaded once, on first use. */
import type { DataConverter } from '@perdure/common';
import {
  type KeyRing,
  type LoadedDataConverter,
  loadDataConverter,
  loadKeyRing,
} from '@perdure/data-converter';
import { loadClientConnectConfig } from '@perdure/envconfig';
import type { ConnectionDefaults } from './connection.ts';

export interface ConverterOptions {
  /** Converters and codecs of your own. */
  dataConverter?: DataConverter;
  /**
   * Keys that payloads are sealed with. Default: the connection's, else the ring that
   * PERDURE_KEYRING names; without one payloads travel in the clear. Pass null for none whatever
   * connection and environment say.
   */
  keyRing?: KeyRing | null;
}

/**
 * @throws KeyRingError when the key ring cannot be read
 */
export async function loadConverter({
  dataConverter,
  connection,
  keyRing = connection?.defaults.keyRing,
}: ConverterOptions & {
  readonly connection?: { readonly defaults: ConnectionDefaults };
}): Promise<LoadedDataConverter> {
  if (keyRing !== undefined)
    return loadDataConverter({ dataConverter, keyRing: keyRing ?? undefined });
  const { keyring } = loadClientConnectConfig();
  const fromEnvironment = keyring === undefined ? undefined : await loadKeyRing(keyring);
  return loadDataConverter({ dataConverter, keyRing: fromEnvironment });
}
