/** Ports of the loopback interface. */
import { createServer } from 'node:net';
import { ServiceError } from './service-error.ts';

const attempts = 5;

/** A TCP port of 127.0.0.1 that nobody listens on now; somebody may before the caller does. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

/**
 * Runs `start` with the wanted port, or with random free ones until it finds one still free.
 *
 * @param start throws ServiceError `PORT_IN_USE` when the port is taken.
 */
export async function withPort<T>(
  wanted: number | undefined,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(wanted ?? (await freePort()));
    } catch (error) {
      const taken = error instanceof ServiceError && error.code === 'PORT_IN_USE';
      if (!taken || wanted !== undefined || attempt === attempts) throw error;
    }
  }
}
