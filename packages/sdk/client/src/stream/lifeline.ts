/**
 * Whether the two ends of a connection still count on each other: notices a server that has fallen
 * silent without closing the socket, and asks the server after a standstill of this process.
 */
import { PING_INTERVAL_MS } from '@perdure/protocol';
import type { WebSocket } from 'ws';
import { StallWatch } from './stall-watch.ts';

/** Time between two looks, in milliseconds. */
const TICK_MS = 250;
/**
 * Looks in a row without a sign of the server after which it counts as silent: three pings. Counted
 * in looks, so that a standstill of this process is not taken for a silence of the server.
 */
const SILENT_TICKS = (3 * PING_INTERVAL_MS) / TICK_MS;

interface Echo {
  readonly stalls: number;
  readonly heard: Promise<boolean>;
}

export class Lifeline {
  readonly #onSilence: (socket: WebSocket, ms: number) => void;
  readonly #watch = new StallWatch();
  #socket: WebSocket | undefined;
  /** Standstills that the server is known to have borne with. */
  #forgivenStalls = 0;
  #echo: Echo | undefined;
  #ticks: NodeJS.Timeout | undefined;
  #silentTicks = 0;

  constructor(onSilence: (socket: WebSocket, ms: number) => void) {
    this.#onSilence = onSilence;
  }

  /** A connection is open: what we say from here on that we have is what the server counts on. */
  opened(socket: WebSocket): void {
    this.#socket = socket;
    this.#silentTicks = 0;
    this.#forgivenStalls = this.#watch.stalls;
    socket.on('ping', () => this.heard());
    this.#ticks ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** The server has given a sign. */
  heard(): void {
    this.#silentTicks = 0;
  }

  /** The connection has ended. */
  broken(): void {
    this.#socket = undefined;
  }

  /** No connection will follow. */
  close(): void {
    this.#socket = undefined;
    clearInterval(this.#ticks);
  }

  /** See StreamClient.isCountedOn. */
  isCountedOn(): true | Promise<boolean> {
    return this.#watch.stalls === this.#forgivenStalls || this.#ask();
  }

  /** Repeats the question when there is another standstill before the answer. */
  async #ask(): Promise<boolean> {
    for (;;) {
      const { stalls } = this.#watch;
      if (stalls === this.#forgivenStalls) return true;
      if (!this.#socket) return false;
      if (this.#echo?.stalls !== stalls) this.#echo = { stalls, heard: echo(this.#socket, stalls) };
      if (!(await this.#echo.heard)) return false;
      this.#forgivenStalls = Math.max(this.#forgivenStalls, stalls);
    }
  }

  #tick(): void {
    this.#watch.tick();
    if (!this.#socket || ++this.#silentTicks < SILENT_TICKS) return;
    this.#onSilence(this.#socket, SILENT_TICKS * TICK_MS);
  }
}

/** Whether the peer answers on this socket before its end. */
function echo(socket: WebSocket, n: number): Promise<boolean> {
  return new Promise((resolve) => {
    const pong = (data: Buffer) => {
      if (data.toString() === String(n)) settle(true);
    };
    const close = () => settle(false);
    const settle = (heard: boolean) => {
      socket.off('pong', pong).off('close', close);
      resolve(heard);
    };
    socket.on('pong', pong).on('close', close);
    socket.ping(String(n));
  });
}
