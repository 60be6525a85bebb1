/** Each sample as users run it: its worker and its client, built, as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Embedded, startEmbedded } from '@perdure/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';

const timeout = 120_000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

let platform: Embedded;

beforeAll(async () => {
  platform = await startEmbedded({ port: 0, ephemeral: true });
}, timeout);

afterAll(async () => {
  await platform.close();
}, timeout);

interface Running {
  readonly child: ChildProcess;
  readonly output: Promise<{ readonly code: number | null; readonly stdout: string }>;
}

function run(program: string, ...args: string[]): Running {
  const { address, namespace, apiKey, keyring } = platform;
  const child = spawn(process.execPath, [`${dist}${program}.js`, ...args], {
    env: {
      PATH: process.env['PATH'],
      PERDURE_ADDRESS: address,
      PERDURE_NAMESPACE: namespace,
      PERDURE_API_KEY: apiKey,
      PERDURE_KEYRING: keyring,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const output = new Promise<{ code: number | null; stdout: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout }));
  });
  return { child, output };
}

const booked = 'flight to Lisbon booked\nhotel in Lisbon booked\n';

it.concurrent.each([
  ['foobar', 'layer cake reserved for Ada, shipped\n', ''],
  ['hello', 'Hello, world!\n', ''],
  ['sleep-for-days', 'statements sent: 1\n', 'statement 1 sent to ada@example.com\n'],
  [
    'saga',
    'flight-1 and hotel-1 for Ada\nnot booked: the card was declined\n',
    `${booked}${booked}hotel-1 cancelled\nflight-1 cancelled\n`,
  ],
  ['cart', 'tea: 2\ntea: 3\nrefused: add at least one\n{ tea: 3 }\nordered: tea\n', ''],
  ['batch', 'sum of squares: 385\n', ''],
  ['approval', '$12000 paid to Ada\n', 'Ada asks for $12000: please approve or refuse\n'],
])('%s runs, and its worker stops when it is told to', { timeout }, async (sample, said, did) => {
  const worker = run(`${sample}/worker`);
  const client = await run(`${sample}/client`).output;
  worker.child.kill('SIGTERM');
  const { code, stdout } = await worker.output;
  expect(client).toEqual({ code: 0, stdout: expect.stringContaining(said) as string });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `Working on task queue '${sample}'; Ctrl-C stops.\n${did}`,
  });
});
