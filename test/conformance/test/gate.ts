/** A codec that holds a worker up in the middle of its task. */
import type { Payload, PayloadCodec } from '@perdure/common';

/** Holds up whoever encodes something, while it is closed. */
export class Gate implements PayloadCodec {
  #open: Promise<void> = Promise.resolve();
  waiting = 0;
  open: () => void = () => {};

  close(): void {
    this.#open = new Promise((resolve) => (this.open = resolve));
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    this.waiting += 1;
    await this.#open;
    this.waiting -= 1;
    return payloads;
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads;
  }
}
