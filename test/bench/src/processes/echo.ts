/** The other end of the WebSocket floor: unpacks each frame, packs it again and sends it back. */
import type { AddressInfo } from 'node:net';
import { pack, unpack } from 'msgpackr';
import { WebSocketServer } from 'ws';
import { answerBenchmark, sayReady } from './questions.ts';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('connection', (socket) => {
  socket.on('message', (frame: Buffer) => socket.send(pack(unpack(frame))));
});
server.once('listening', () => sayReady({ port: (server.address() as AddressInfo).port }));

answerBenchmark({}, async () => {
  server.close();
});
