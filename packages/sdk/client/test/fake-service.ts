/** A client connected to a server that answers each call as the test says, over a real socket. */
import { PerdureServiceError, encode } from '@perdure/common';
import {
  type HistoryEvent,
  decodeUpstream,
  encodeEvents,
  encodePlainBlob,
} from '@perdure/protocol';
import { Client, type ClientOptions, Connection } from '../src/index.ts';
import { ScriptedServer } from './scripted-server.ts';

/** A call that the service has heard. */
export interface HeardCall {
  readonly procedure: string;
  readonly input: Record<string, unknown>;
  /** Number of the frame it came in. */
  readonly frame: number;
}

/** What is answered: an output, or a refusal that is thrown. */
export type Answers = (call: HeardCall, nth: number) => unknown;

/** See the module comment. */
export class FakeService {
  readonly calls: HeardCall[] = [];
  readonly client: Client;
  readonly #server: ScriptedServer;
  readonly #connection: Connection;

  private constructor(server: ScriptedServer, connection: Connection, options: ClientOptions) {
    this.#server = server;
    this.#connection = connection;
    this.client = new Client({ connection, namespace: 'test', keyRing: null, ...options });
  }

  static async start(answers: Answers, options: ClientOptions = {}): Promise<FakeService> {
    const server = await ScriptedServer.start();
    const connection = await Connection.connect({ address: server.address });
    const service = new FakeService(server, connection, options);
    await service.#answer(answers);
    return service;
  }

  /** Names of the procedures called, in order. */
  get procedures(): string[] {
    return this.calls.map(({ procedure }) => procedure);
  }

  async close(): Promise<void> {
    await this.#connection.close();
    await this.#server.close();
  }

  async #answer(answers: Answers): Promise<void> {
    const peer = await this.#server.peer(0);
    let frame = 0;
    peer.ws.on('message', (data) => {
      frame += 1;
      for (const message of decodeUpstream(data as Buffer)) {
        if (message.kind !== 'call') continue;
        const { callId, path } = message;
        const procedure = path.replace('workflow.', '');
        const call = { procedure, input: message.input as HeardCall['input'], frame };
        this.calls.push(call);
        const nth = this.procedures.filter((each) => each === procedure).length;
        try {
          peer.say({ kind: 'reply', callId, output: answers(call, nth) });
        } catch (error) {
          if (!(error instanceof PerdureServiceError)) throw error;
          const { code, message: text, fields } = error;
          peer.say({ kind: 'error', callId, code, message: text, fields });
        }
      }
    });
  }
}

/** A value as it travels in the clear. */
export function plain(value: unknown): Uint8Array {
  const data = encode(JSON.stringify(value));
  return encodePlainBlob([{ metadata: { encoding: encode('json/plain') }, data }]);
}

/** An answer to a wait for the close of a run. */
export function closed(runId: string, event: Omit<HistoryEvent, 'eventId' | 'eventTime'>): object {
  const events = encodeEvents([{ ...event, eventId: 9, eventTime: 1 } as HistoryEvent]);
  return { runId, status: 'COMPLETED', events };
}
