/** A way to the server that a test can cut: connections break without a word, as networks do. */
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import type { Stage } from '../stage.ts';

/** See the module comment. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #open = true;
  /** Connections cut so far. */
  cuts = 0;

  private constructor(target: number) {
    this.#server = createServer((near) => this.#join(near, target));
  }

  /** A proxy to an address `host:port` of this machine, with an address of its own. */
  static async to(stage: Stage, address: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(Number(address.split(':').at(-1)));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    stage.add('proxy', () => proxy.#close());
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets every connection. New ones are let through. */
  cut(): void {
    this.cuts += this.#sockets.size / 2;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Lets no new connection through, or does again. */
  setOpen(open: boolean): void {
    this.#open = open;
  }

  #join(near: Socket, target: number): void {
    if (!this.#open) return void near.destroy();
    const far = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  async #close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
