/** Connecting as the operator, who may create namespaces and API keys. */
import type { Connection } from '@perdure/client';
import { inTime } from './client.ts';

/** What the options of a command say about where to connect. */
export interface OperatorOptions {
  readonly address?: string;
  readonly dataDir?: string;
}

/** Namespaces and API keys, as the contract has them. */
export type ControlCalls = Connection['service']['control'];

/**
 * Connects, hands over the control calls, and closes the connection whatever happens.
 *
 * @throws Error when there is no operator token; PerdureServiceError when the server refuses
 */
export async function withOperator<T>(
  options: OperatorOptions,
  use: (control: ControlCalls) => Promise<T>,
): Promise<T> {
  const { Connection } = await import('@perdure/client');
  const { defaultDataDir, readConnection, readOperatorToken } = await import('@perdure/embedded');
  const dataDir = options.dataDir ?? defaultDataDir();
  const own = readOperatorToken(dataDir);
  const told = process.env['PERDURE_OPERATOR_TOKEN'] || undefined;
  // A data directory that was asked for wins over the environment.
  const token = options.dataDir === undefined ? (told ?? own) : (own ?? told);
  if (!token) {
    throw new Error(
      `No operator token: PERDURE_OPERATOR_TOKEN is not set and there is none in ${dataDir}.\n` +
        "Run this in the folder of 'perdure dev', or name its folder with --data-dir.",
    );
  }
  const local = readConnection(dataDir)?.address;
  const address = options.address ?? (process.env['PERDURE_ADDRESS'] || undefined) ?? local;
  const connection = await Connection.connect({ address, apiKey: token, connectTimeout: '3s' });
  try {
    return await inTime(use(connection.service.control));
  } finally {
    await connection.close();
  }
}
