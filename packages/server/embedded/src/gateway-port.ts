/** The port that an embedded platform listens on: asked for early, and explained when refused. */
import { createServer } from 'node:net';
import { ServiceError, isSystemError } from './services/service-error.ts';

/** Where to listen. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

/**
 * Finds out that a port is taken before anything has been started for nothing.
 *
 * @throws ServiceError `PORT_IN_USE` or `START_FAILED`
 */
export async function checkPort(place: ListenPlace): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(place.port, place.host, resolve);
    });
  } catch (error) {
    throw listenError(error, place);
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** What to tell a person whose port cannot be had; other errors come back as they are. */
export function listenError(error: unknown, { host, port }: ListenPlace): unknown {
  if (isSystemError(error, 'EADDRINUSE')) {
    return new ServiceError(
      'PORT_IN_USE',
      `Port ${port} of ${host} is taken by another program, perhaps by a Perdure that runs already. ` +
        'Choose another port (--port), or 0 to get a free one.',
      { cause: error },
    );
  }
  if (!isSystemError(error, 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND')) return error;
  return new ServiceError(
    'START_FAILED',
    `This machine does not let us listen on ${host}:${port} (${(error as Error).message}). ` +
      'Choose another host, or a port above 1023.',
    { cause: error },
  );
}

/** `host:port` for clients on this machine. */
export function addressOf({ host, port }: ListenPlace): string {
  if (host === '0.0.0.0') return `127.0.0.1:${port}`;
  if (host === '::') return `[::1]:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
