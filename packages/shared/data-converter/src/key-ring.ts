/**
 * Keys that seal payloads. A ring holds several keys, each under an id that stands in the envelope,
 * and names the one that seals; the others only open. Key bytes never reach logs, JSON or error
 * messages by accident.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { KeyRingError } from './errors.ts';

/** Bytes of a key. */
const RING_KEY_BYTES = 32;
/** Longest key id, in characters. */
export const MAX_KEY_ID_LENGTH = 64;
/** What a key id looks like; ASCII, so that it is as many bytes as characters. */
export const KEY_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A key with its id. Immutable: a new key gets a new id. */
export interface RingKey {
  readonly id: string;
  /** 32 random bytes. */
  readonly key: Uint8Array;
}

/** Keys to seal and open with. Synchronous: whoever fetches keys does so before. */
export interface KeyRing {
  /** The key that seals. */
  primary(): RingKey;
  /** The key of an envelope, or `undefined` when the ring does not hold it. */
  byId(id: string): RingKey | undefined;
  /** The ids of all keys, for messages. */
  ids(): readonly string[];
}

/** The file form of a key ring. */
export interface KeyRingDocument {
  readonly version: 1;
  /** Id of the key that seals. */
  readonly primary: string;
  readonly keys: readonly {
    readonly id: string;
    /** 32 bytes in base64. */
    readonly key: string;
    /** ISO 8601. */
    readonly createdAt: string;
  }[];
}

/** A key ring held in memory. */
class StaticKeyRing implements KeyRing {
  readonly #primary: RingKey;
  readonly #keys: ReadonlyMap<string, RingKey>;

  constructor(primary: RingKey, keys: ReadonlyMap<string, RingKey>) {
    this.#primary = primary;
    this.#keys = keys;
  }

  primary(): RingKey {
    return this.#primary;
  }

  byId(id: string): RingKey | undefined {
    return this.#keys.get(id);
  }

  ids(): readonly string[] {
    return [...this.#keys.keys()];
  }
}

/**
 * A ring of given keys.
 *
 * @throws KeyRingError for a bad id, a key that is not 32 bytes, an id used twice, or a primary
 * that is not among the keys
 */
export function createKeyRing(primary: string, keys: Iterable<RingKey>): KeyRing {
  const byId = new Map<string, RingKey>();
  for (const { id, key } of keys) {
    checkKey(id, key);
    if (byId.has(id)) throw new KeyRingError(`key ring: key id '${id}' stands there twice`);
    byId.set(id, guarded(id, key));
  }
  const chosen = byId.get(primary);
  if (chosen) return new StaticKeyRing(chosen, byId);
  throw new KeyRingError(
    `key ring: primary must be the id of one of its keys (${[...byId.keys()].join(', ') || 'none'})`,
  );
}

/** A new ring of one random key, in file form; write it with `writeKeyRingFile`. */
export function generateKeyRing(createdAt = new Date()): KeyRingDocument {
  const id = `k-${randomId(8)}`;
  const key = randomBytes(RING_KEY_BYTES).toString('base64');
  return { version: 1, primary: id, keys: [{ id, key, createdAt: createdAt.toISOString() }] };
}

/** The text of a key ring file. Holds the keys: handle it like a password. */
export function formatKeyRing(document: KeyRingDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Reads the text of a key ring: JSON, or that JSON in base64.
 *
 * @throws KeyRingError saying what is wrong, without quoting the text
 */
export function parseKeyRing(text: string): KeyRing {
  const document = parseJson(text.trim());
  if (!isRecord(document) || document.version !== 1) {
    throw malformed('it has no "version": 1');
  }
  if (typeof document.primary !== 'string' || !Array.isArray(document.keys)) {
    throw malformed('it has no "primary" text or no "keys" list');
  }
  return createKeyRing(document.primary, document.keys.map(readKey));
}

/** Whether a text is a key ring itself rather than the path of one. */
export function isInlineKeyRing(text: string): boolean {
  return jsonOf(text.trim()) !== undefined;
}

function readKey(entry: unknown): RingKey {
  if (!isRecord(entry) || typeof entry.id !== 'string' || typeof entry.key !== 'string') {
    throw malformed('each of its "keys" must have an "id" text and a "key" text');
  }
  return { id: entry.id, key: new Uint8Array(Buffer.from(entry.key, 'base64')) };
}

function checkKey(id: string, key: Uint8Array): void {
  if (!KEY_ID_PATTERN.test(id)) {
    // The id is not quoted: it may be the key, put into the wrong field.
    throw new KeyRingError(
      `key ring: a key id must be 1 to ${MAX_KEY_ID_LENGTH} letters, digits, '.', '_' or '-'; got ` +
        `${id.length} characters that are not`,
    );
  }
  if (key.length === RING_KEY_BYTES) return;
  throw new KeyRingError(
    `key ring: key '${id}' must be ${RING_KEY_BYTES} bytes (in base64, 44 characters); got ${key.length} bytes`,
  );
}

/** The key out of sight of `console.log` and `JSON.stringify`. */
function guarded(id: string, key: Uint8Array): RingKey {
  const own = new Uint8Array(key);
  return Object.defineProperty({ id } as { id: string; key: Uint8Array }, 'key', { value: own });
}

/** The JSON text that this is, or stands for in base64. */
function jsonOf(text: string): string | undefined {
  if (text.startsWith('{')) return text;
  if (!/^[A-Za-z0-9+/_\s-]{40,}={0,2}$/.test(text)) return undefined;
  const decoded = Buffer.from(text, 'base64').toString('utf8').trim();
  return decoded.startsWith('{') ? decoded : undefined;
}

function parseJson(text: string): unknown {
  const json = jsonOf(text);
  if (json === undefined) throw malformed('it is neither JSON nor JSON in base64');
  try {
    return JSON.parse(json);
  } catch {
    throw malformed('its JSON is cut off or damaged');
  }
}

function malformed(problem: string): KeyRingError {
  return new KeyRingError(
    'wanted a key ring, {"version": 1, "primary": "<id>", "keys": [{"id", "key": "<base64>"}]}; ' +
      `got a text of another form: ${problem}`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Letters and digits that are hard to mistake for one another. */
function randomId(length: number): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
