/** What stands before a server where the way there is encrypted: takes TLS, hands on in the clear. */
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { type TLSSocket, type TlsOptions, createServer } from 'node:tls';
import type { Stage } from '../stage.ts';

/** See the module comment. */
export interface TlsProxy {
  /** Of this machine, by number: no certificate names it. */
  readonly address: string;
  /** Of every connection that was let in: its handshake as the server reads it. */
  readonly handshakes: readonly string[];
  /** Breaks the connections that stand. */
  cut(): void;
}

/** Opens one before a server. */
export async function tlsProxy(
  stage: Stage,
  { address }: { readonly address: string },
  options: TlsOptions,
): Promise<TlsProxy> {
  const [host, port] = address.split(':') as [string, string];
  const handshakes: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(options, (near: TLSSocket) => {
    const far = connect(Number(port), host);
    near.once('data', (bytes: Buffer) => handshakes.push(bytes.toString('latin1')));
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  stage.add('TLS proxy', async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, handshakes, cut };
}
