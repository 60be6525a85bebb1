/** The near end of the WebSocket floor. */
import { once } from 'node:events';
import { pack, unpack } from 'msgpackr';
import { WebSocket } from 'ws';

export interface EchoClient {
  /** Sends one frame of the size of a small completion and waits for it to come back. */
  roundTrip(): Promise<void>;
  close(): void;
}

export async function openEcho(port: number): Promise<EchoClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(socket, 'open');
  const payload = Buffer.alloc(150, 7);
  let count = 0;
  let resolve = (): void => {};
  socket.on('message', (frame: Buffer) => {
    unpack(frame);
    resolve();
  });
  return {
    roundTrip: () =>
      new Promise<void>((done) => {
        resolve = done;
        socket.send(pack([count++, 'echo', payload]));
      }),
    close: () => socket.terminate(),
  };
}
