/**
 * The first words of a connection: where they go, and what it means when the server, or what stands
 * before it, refuses them.
 */
import { PerdureServiceError } from '@perdure/common';
import { STREAM_PATH } from '@perdure/protocol';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** URL of the stream at an address. */
export function streamUrl(address: string): string {
  const url = new URL(address.includes('://') ? address : `ws://${address}`);
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  url.pathname = STREAM_PATH;
  return url.href;
}

/** Why the server refused the handshake; it says so in a JSON body. */
export async function refusalOf(request: ClientRequest, response: IncomingMessage): Promise<Error> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  request.destroy();
  try {
    const { error } = JSON.parse(Buffer.concat(chunks).toString()) as {
      error: { code: PerdureServiceError['code']; message: string };
    };
    return new PerdureServiceError(error.code, error.message);
  } catch {
    return new Error(`the server answered with HTTP status ${response.statusCode}`);
  }
}

/** Whether a server that refuses a connection may take it later. */
export function passes({ code }: PerdureServiceError): boolean {
  return code === 'UNAVAILABLE' || code === 'RESOURCE_EXHAUSTED';
}

/** Whether the server has refused what another try would not change. */
export function isFinal(error: unknown): error is PerdureServiceError {
  return error instanceof PerdureServiceError && error.code !== 'UNAVAILABLE';
}

/** Whether one side does not take the other's certificate. */
export function isDistrust(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return /CERT|SELF_SIGNED|VERIFY|^ERR_TLS_|^ERR_SSL_/.test(code);
}

/** What to throw where {@link isDistrust}; to wait would not help. */
export function distrusted(address: string, error: unknown): PerdureServiceError {
  return new PerdureServiceError(
    'UNAVAILABLE',
    `no secure connection to '${address}' (${textOf(error)}); say in the option tls whom to trust (serverRootCACertificate), by what name (serverNameOverride), and who you are (clientCertPair)`,
  );
}

/** What to throw when the time to connect is over. */
export function unreachable(address: string, error: unknown): PerdureServiceError {
  return new PerdureServiceError(
    'UNAVAILABLE',
    `no Perdure server answers at '${address}' (${textOf(error)}); start one with 'npx perdure dev', or set PERDURE_ADDRESS`,
    { retryable: true },
  );
}

/** What is known of why something was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error && error.message ? error.message : String(error);
}
