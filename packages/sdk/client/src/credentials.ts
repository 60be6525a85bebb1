/**
 * How a connection introduces itself to the server: its API key, its headers, its certificates. All
 * are read anew for every handshake, so what is changed here counts from the next one on.
 *
 * Guarantees: nothing that is refused is quoted, for it may be a secret.
 */
import { ValueError } from '@perdure/common';
import { checkApiKey } from '@perdure/envconfig';

/** An API key, or a function that tells the one to use now. */
export type ApiKey = string | (() => string);

/** Headers by name; names are not case-sensitive. */
export type Metadata = Readonly<Record<string, string>>;

/** Certificates and keys, in PEM. */
export interface TLSConfig {
  /** Name that the server's certificate must have. Default: the host of the address. */
  serverNameOverride?: string;
  /** Who must have signed the server's certificate. Default: the authorities that Node trusts. */
  serverRootCACertificate?: Uint8Array;
  /** What the client shows a server that asks for a certificate. */
  clientCertPair?: TLSCertificatePair;
}

/** See {@link TLSConfig.clientCertPair}. */
export interface TLSCertificatePair {
  crt: Uint8Array;
  key: Uint8Array;
  /** Of a key that is encrypted. */
  passphrase?: string;
}

/** What a handshake takes of all this; the names are those of `node:tls`. */
export interface SecureOptions {
  readonly servername?: string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly passphrase?: string;
}

/** Headers that belong to the connection itself. */
const reserved = /^(?:connection|upgrade|host|transfer-encoding|content-length|sec-websocket-.*)$/;

/** See the module comment. */
export class Credentials {
  readonly secure: SecureOptions;
  #apiKey: ApiKey | undefined;
  #metadata: Metadata = {};

  /** @throws ValueError for a header that cannot be sent, or a certificate that is none */
  constructor(apiKey?: ApiKey, metadata: Metadata = {}, tls?: TLSConfig) {
    this.#apiKey = apiKey;
    this.setMetadata(metadata);
    this.secure = tls ? secureOptions(tls) : {};
  }

  /**
   * What the next handshake sends.
   *
   * @throws ValueError when the function that tells the key fails, or tells none that can be sent
   */
  headers(): Readonly<Record<string, string>> {
    const apiKey = typeof this.#apiKey === 'function' ? told(this.#apiKey) : this.#apiKey;
    return { ...(apiKey && { authorization: `Bearer ${apiKey}` }), ...this.#metadata };
  }

  /** @throws ValueError for a text that cannot be a key */
  setApiKey(apiKey: ApiKey): void {
    if (typeof apiKey === 'string') checkApiKey(apiKey);
    this.#apiKey = apiKey;
  }

  /** @throws ValueError for a header that cannot be sent */
  setMetadata(metadata: Metadata): void {
    this.#metadata = checkedMetadata(metadata);
  }
}

function told(apiKey: () => string): string {
  let key: unknown;
  try {
    key = apiKey();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ValueError(`the function given as apiKey failed: ${why}`, { cause: error });
  }
  if (typeof key !== 'string') {
    throw new ValueError(`the function given as apiKey must return a text; got ${typeof key}`);
  }
  checkApiKey(key);
  return key;
}

function checkedMetadata(metadata: Metadata): Metadata {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const header = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(header) || reserved.test(header)) {
      throw new ValueError(`metadata takes names of headers, for example 'x-team'; got '${name}'`);
    }
    if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) {
      throw new ValueError(
        `metadata '${name}' must be a text in visible ASCII, as headers are; got another value (not shown, it may be a secret)`,
      );
    }
    headers[header] = value;
  }
  return headers;
}

function secureOptions(tls: TLSConfig): SecureOptions {
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls;
  return {
    ...(serverNameOverride && { servername: serverNameOverride }),
    ...(serverRootCACertificate && {
      ca: pem('tls.serverRootCACertificate', serverRootCACertificate),
    }),
    ...(clientCertPair && {
      cert: pem('tls.clientCertPair.crt', clientCertPair.crt),
      key: pem('tls.clientCertPair.key', clientCertPair.key),
      ...(clientCertPair.passphrase !== undefined && { passphrase: clientCertPair.passphrase }),
    }),
  };
}

function pem(field: string, value: Uint8Array | undefined): Buffer {
  const bytes = Buffer.from(value ?? []);
  if (bytes.includes('-----BEGIN ')) return bytes;
  throw new ValueError(
    `${field} must be the content of a PEM file, which has a line '-----BEGIN …'; got something else (not shown, it may be a secret). Read the file: fs.readFileSync(path)`,
  );
}
