/**
 * Program: a platform, until SIGTERM. Reads its options as JSON from standard input, prints one line
 * of JSON when it is ready, and logs to stderr from warnings up.
 */
import { type BrokerChoice, startEmbedded } from '@perdure/embedded';
import { pino } from 'pino';
import { readInput } from './stdin.ts';

/** What it is told. */
export interface PlatformProgramInput {
  readonly dataDir: string;
  readonly port: number;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly broker?: BrokerChoice;
}

/** What it prints. */
export interface PlatformProgramReady {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey: string;
  readonly operatorToken: string;
  /** Path of the key ring. */
  readonly keyring: string;
  readonly postgres: string;
  readonly broker: string;
}

const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
const platform = await startEmbedded({ ...(await readInput<PlatformProgramInput>()), log });
const { address, namespace, apiKey, operatorToken, keyring, postgres, broker } = platform;
const ready: PlatformProgramReady = {
  address,
  namespace,
  apiKey,
  operatorToken,
  keyring,
  postgres,
  broker,
};
console.log(JSON.stringify(ready));
process.once('SIGTERM', () => void platform.close().then(() => process.exit(0)));
