/**
 * Where to connect and as whom, from PERDURE_ADDRESS, PERDURE_NAMESPACE, PERDURE_API_KEY and
 * PERDURE_KEYRING, so that the same program runs against `perdure dev` and in production. Touches
 * nothing but the environment: files and sockets are opened by whoever gets the result.
 */
import { ValueError } from '@perdure/common';

/** Where `perdure dev` listens unless told otherwise. */
export const DEFAULT_ADDRESS = 'localhost:7233';
/** The namespace of a program that names none. */
export const DEFAULT_NAMESPACE = 'default';

/** Values that win over the environment. */
export interface ClientConnectOverrides {
  address?: string;
  namespace?: string;
  apiKey?: string;
  keyring?: string;
  /** Read instead of `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** What a client or worker needs to connect. */
export interface ClientConnectConfig {
  /** Pass to `Connection.connect`. */
  readonly connectionOptions: {
    /** `host:port`, or a URL with http, https, ws or wss. */
    readonly address: string;
    readonly apiKey?: string;
  };
  /** Pass to `Client` and `Worker.create`. */
  readonly namespace: string;
  /** Path of a key ring file, or the key ring itself as JSON or as base64 of that. */
  readonly keyring?: string;
}

/**
 * Reads the environment. Empty variables count as unset; blanks around values are dropped.
 *
 * @throws ValueError naming the variable and an example when a value cannot be right; secret values
 * are never quoted
 */
export function loadClientConnectConfig(
  overrides: ClientConnectOverrides = {},
): ClientConnectConfig {
  const env = overrides.env ?? process.env;
  const pick = (override: string | undefined, variable: string): string | undefined =>
    (override ?? env[variable])?.trim() || undefined;

  const address = pick(overrides.address, 'PERDURE_ADDRESS') ?? DEFAULT_ADDRESS;
  const namespace = pick(overrides.namespace, 'PERDURE_NAMESPACE') ?? DEFAULT_NAMESPACE;
  const apiKey = pick(overrides.apiKey, 'PERDURE_API_KEY');
  const keyring = pick(overrides.keyring, 'PERDURE_KEYRING');
  checkAddress(address);
  checkNamespace(namespace);
  checkApiKey(apiKey);
  return {
    connectionOptions: { address, ...(apiKey !== undefined && { apiKey }) },
    namespace,
    ...(keyring !== undefined && { keyring }),
  };
}

function checkAddress(address: string): void {
  if (isHostAndPort(address) || isServerUrl(address)) return;
  throw new ValueError(
    'PERDURE_ADDRESS must be host:port or a URL with http, https, ws or wss, for example ' +
      `'${DEFAULT_ADDRESS}' or 'https://perdure.example.com'; got ${quoteAddress(address)}`,
  );
}

/** A name, an IPv4 or a bracketed IPv6 address, then a port. */
function isHostAndPort(address: string): boolean {
  const port = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(address)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

function isServerUrl(address: string): boolean {
  if (!/^(?:https?|wss?):\/\//.test(address) || !URL.canParse(address)) return false;
  const url = new URL(address);
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

/** An address may hold a password or a token, which has no place in a message. */
function quoteAddress(address: string): string {
  return /[@?#]/.test(address) ? 'one with a user, a query or a fragment' : `'${address}'`;
}

function checkNamespace(namespace: string): void {
  if (!/\s/.test(namespace)) return;
  throw new ValueError(
    `PERDURE_NAMESPACE must be a name without blanks, for example '${DEFAULT_NAMESPACE}' or ` +
      `'orders.acme'; got '${namespace}'`,
  );
}

/** @throws ValueError for a text that cannot be an API key; it is not quoted */
export function checkApiKey(apiKey: string | undefined): void {
  if (apiKey === undefined || /^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new ValueError(
    'PERDURE_API_KEY must be one key in visible ASCII, as it was shown when it was made, for example ' +
      "'pk_…'; got a text with blanks, line breaks or other characters (not shown, it is a secret)",
  );
}
