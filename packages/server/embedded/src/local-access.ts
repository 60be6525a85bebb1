/**
 * What a person on this machine needs to use an embedded platform: the operator token, a namespace,
 * an API key of it and a key ring. Made at the first start and remembered in the data directory, so
 * that every later start hands out the same.
 *
 * ```
 * <data directory>/
 *   operator-token    0600
 *   api-keys.json     0600, {"<namespace>": "<API key>"}
 *   keyring.json      0600; the server never reads it
 *   connection.json   0600, how to reach the platform that runs now, or ran last
 * ```
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PerdureServiceError } from '@perdure/common';
import type { ControlPlane } from '@perdure/control-plane';
import { readIfPresent, writePrivateFile } from './services/data-files.ts';

/** How to reach a platform, as whom. */
export interface LocalConnection {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  /** A secret. */
  readonly apiKey: string;
  /** Path of the key ring file. */
  readonly keyring: string;
}

const files = {
  operatorToken: 'operator-token',
  apiKeys: 'api-keys.json',
  keyring: 'keyring.json',
  connection: 'connection.json',
} as const;

/** The operator token of a data directory; made if there is none. */
export function ensureOperatorToken(dataDir: string): string {
  const known = readOperatorToken(dataDir);
  if (known !== undefined) return known;
  const token = `po_${randomBytes(32).toString('base64url')}`;
  writePrivateFile(join(dataDir, files.operatorToken), `${token}\n`);
  return token;
}

/** The operator token of a data directory, if a platform was ever started in it. */
export function readOperatorToken(dataDir: string): string | undefined {
  return readIfPresent(join(dataDir, files.operatorToken))?.trim();
}

/** How to reach the platform of a data directory, if one was ever started in it. */
export function readConnection(dataDir: string): LocalConnection | undefined {
  const text = readIfPresent(join(dataDir, files.connection));
  return text === undefined ? undefined : (JSON.parse(text) as LocalConnection);
}

/** Leaves word for the commands that are run beside the platform. */
export function rememberConnection(dataDir: string, connection: LocalConnection): void {
  const { address, namespace, apiKey, keyring } = connection;
  const text = JSON.stringify({ address, namespace, apiKey, keyring }, null, 2);
  writePrivateFile(join(dataDir, files.connection), `${text}\n`);
}

/** The key ring file of a data directory; made if there is none. Returns its path. */
export async function ensureKeyRing(dataDir: string): Promise<string> {
  const path = join(dataDir, files.keyring);
  if (existsSync(path)) return path;
  // Loaded at first starts only: it brings libsodium with it.
  const { writeKeyRingFile } = await import('@perdure/data-converter');
  await writeKeyRingFile(path);
  return path;
}

/**
 * An API key of a namespace, which is created if need be. The remembered key, if it still opens
 * that namespace; else (first start, key revoked, another database) a new one.
 */
export async function ensureApiKey(
  controlPlane: ControlPlane,
  dataDir: string,
  namespace: string,
  sealed: boolean,
): Promise<string> {
  const known = readApiKeys(dataDir);
  const remembered = known[namespace];
  if (remembered !== undefined && (await opens(controlPlane, remembered, namespace))) {
    return remembered;
  }
  await ensureNamespace(controlPlane, namespace, sealed);
  const { key } = await controlPlane.control.createApiKey({ namespace, label: 'perdure dev' });
  const text = JSON.stringify({ ...known, [namespace]: key }, null, 2);
  writePrivateFile(join(dataDir, files.apiKeys), `${text}\n`);
  return key;
}

function readApiKeys(dataDir: string): Record<string, string> {
  const text = readIfPresent(join(dataDir, files.apiKeys));
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
}

async function opens(plane: ControlPlane, apiKey: string, namespace: string): Promise<boolean> {
  try {
    const caller = await plane.authenticate(apiKey);
    return caller.kind === 'namespace' && caller.namespace === namespace;
  } catch (error) {
    if (isRefusal(error, 'UNAUTHENTICATED')) return false;
    throw error;
  }
}

async function ensureNamespace(plane: ControlPlane, name: string, sealed: boolean): Promise<void> {
  try {
    await plane.control.createNamespace({ name, sealed });
  } catch (error) {
    if (!isRefusal(error, 'NAMESPACE_ALREADY_EXISTS')) throw error;
  }
}

function isRefusal(error: unknown, code: PerdureServiceError['code']): boolean {
  return error instanceof PerdureServiceError && error.code === code;
}
