/**
 * Key ring files: read, and created once. A lost key ring is lost data, so a file is either there
 * whole or not there, and none is ever overwritten.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { KeyRingError } from './errors.ts';
import {
  type KeyRing,
  type KeyRingDocument,
  formatKeyRing,
  generateKeyRing,
  isInlineKeyRing,
  parseKeyRing,
} from './key-ring.ts';

/** Read and write for the owner, nothing for anyone else. */
const OWNER_ONLY = 0o600;

/**
 * Reads a key ring file.
 *
 * @throws KeyRingError when there is none, it cannot be read, or it is malformed
 */
export async function loadKeyRingFile(path: string): Promise<KeyRing> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new KeyRingError(
      `cannot read the key ring ${describePath(path)} (${codeOf(error)}): set PERDURE_KEYRING to the ` +
        'path of a key ring file, or to its JSON in base64 where there are no files',
    );
  }
  try {
    return parseKeyRing(text);
  } catch (error) {
    throw new KeyRingError(`in the key ring ${describePath(path)}: ${(error as Error).message}`);
  }
}

/**
 * Reads a key ring from what PERDURE_KEYRING may hold: a file's path, the JSON itself, or that JSON
 * in base64.
 *
 * @throws KeyRingError
 */
export async function loadKeyRing(pathOrText: string): Promise<KeyRing> {
  return isInlineKeyRing(pathOrText) ? parseKeyRing(pathOrText) : loadKeyRingFile(pathOrText);
}

/**
 * Creates a key ring file that only its owner can read, with its folders; atomic and durable.
 *
 * @param document default: a new ring of one random key
 * @returns the ring it wrote
 * @throws KeyRingError when a file of that name exists
 */
export async function writeKeyRingFile(
  path: string,
  document: KeyRingDocument = generateKeyRing(),
): Promise<KeyRing> {
  const text = formatKeyRing(document);
  const ring = parseKeyRing(text);
  const folder = dirname(resolve(path));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.key-ring-${randomUUID()}`);
  try {
    await writeDurably(draft, text);
    await link(draft, path);
  } catch (error) {
    throw new KeyRingError(
      codeOf(error) === 'EEXIST'
        ? `'${resolve(path)}' exists already and a key ring is never overwritten: use it, or move it away`
        : `cannot create the key ring file '${resolve(path)}' (${codeOf(error)})`,
    );
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  await syncFolder(folder);
  return ring;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the new name durable, where the system lets folders be synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/**
 * The path for a message, unless it might be key material that was meant inline: base64 never has a
 * dot, and JSON always has quotes.
 */
function describePath(path: string): string {
  return /^[^="{}]*\.[^="{}]*$/.test(path) ? `file '${resolve(path)}'` : 'file of that name';
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
