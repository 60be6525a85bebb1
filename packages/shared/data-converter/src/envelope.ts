/**
 * The envelope: payloads that only holders of the key ring can read, and only in the place they
 * were sealed for. The server sees the header and the size, nothing else.
 *
 * ```
 * offset  size
 * 0       1      0x02: a sealed blob (protocol)
 * 1       1      envelope version, 1
 * 2       1      flags: bit 0 = the body is compressed (raw DEFLATE); other bits 0
 * 3       1      binding: 1 = namespace, purpose, workflow id; 2 = namespace, purpose
 * 4       1      n, length of the key id, 1 to 64
 * 5       n      key id, ASCII
 * 5+n     32     key commitment
 * 37+n    24     nonce
 * 61+n    …      ciphertext of the body, then the 16-byte Poly1305 tag
 * ```
 *
 * body        = the payloads as a plain blob (protocol), compressed if flagged
 * key ‖ commitment = BLAKE2b-512(key: ring key, "perdure-seal-v1" ‖ nonce), 32 bytes each
 * ciphertext  = XChaCha20-Poly1305-IETF(key, nonce, body, header ‖ context)
 * header      = bytes 0 to 60+n; context = see `writeContext`
 *
 * Why the commitment: Poly1305 does not commit to its key, so a ciphertext can be built that opens
 * under two. Here both would have to hash to the same 32 bytes (Bellare and Hoang's UtC).
 * Reasoning and limits: docs/architecture/envelope.md.
 */
import { timingSafeEqual } from 'node:crypto';
import { SEALED_BLOB, type PayloadBlob } from '@perdure/protocol';
import sodium from 'libsodium-wrappers';
import { compress, inflate } from './compression.ts';
import { Binding, MAX_CONTEXT_BYTES, type PayloadContext, writeContext } from './context.ts';
import { PayloadOpenError } from './errors.ts';
import { KEY_ID_PATTERN, type KeyRing, MAX_KEY_ID_LENGTH, type RingKey } from './key-ring.ts';
import { NONCE_BYTES, takeNonce } from './nonce-pool.ts';

/** What {@link readEnvelopeHeader} returns: everything in an envelope that is in the clear. */
export interface EnvelopeHeader {
  readonly compressed: boolean;
  readonly binding: Binding;
  readonly keyId: string;
  /** Bytes of the header, which the ciphertext follows. */
  readonly length: number;
}

const VERSION = 1;
const COMPRESSED = 1;
const KEY_BYTES = 32;
const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;
const FIXED_HEADER_BYTES = 5 + COMMITMENT_BYTES + NONCE_BYTES;
const LABEL = Buffer.from('perdure-seal-v1', 'ascii');

// Sealing and opening are synchronous, so one scratch area each serves every call.
const derivationInput = Buffer.alloc(LABEL.length + NONCE_BYTES);
LABEL.copy(derivationInput);
const associated = Buffer.alloc(FIXED_HEADER_BYTES + MAX_KEY_ID_LENGTH + MAX_CONTEXT_BYTES);

/** Seals a body for one place. libsodium must be ready. */
export function seal(
  key: RingKey,
  context: PayloadContext,
  binding: Binding,
  body: Uint8Array,
): PayloadBlob {
  const compressed = compress(body);
  const nonce = takeNonce();
  const derived = derive(key, nonce);
  const length = writeHeader(key.id, binding, compressed !== undefined);
  associated.set(derived.subarray(KEY_BYTES), length - NONCE_BYTES - COMMITMENT_BYTES);
  associated.set(nonce, length - NONCE_BYTES);
  const end = writeContext(associated, length, binding, context);
  const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    compressed ?? body,
    associated.subarray(0, end),
    null,
    nonce,
    derived.subarray(0, KEY_BYTES),
  );
  const blob = new Uint8Array(length + ciphertext.length);
  blob.set(associated.subarray(0, length));
  blob.set(ciphertext, length);
  return blob;
}

/**
 * The body of a sealed blob, if it was sealed for this place. libsodium must be ready.
 *
 * @param accepted the bindings allowed in this place; the envelope does not choose its own
 * @throws PayloadOpenError
 */
export function open(
  ring: KeyRing,
  context: PayloadContext,
  accepted: readonly Binding[],
  blob: PayloadBlob,
): Uint8Array {
  const header = readEnvelopeHeader(blob);
  if (!header) {
    throw new PayloadOpenError(
      'MALFORMED',
      context,
      `its ${blob.length} bytes are not an envelope this version knows; they are damaged, or a ` +
        'newer version sealed them: upgrade this SDK',
    );
  }
  const { keyId, length, binding } = header;
  const key = keyOf(ring, context, keyId);
  const nonce = blob.subarray(length - NONCE_BYTES, length);
  const derived = derive(key, nonce);
  const commitment = blob.subarray(length - NONCE_BYTES - COMMITMENT_BYTES, length - NONCE_BYTES);
  if (!timingSafeEqual(commitment, derived.subarray(KEY_BYTES))) {
    throw new PayloadOpenError(
      'WRONG_KEY',
      context,
      `it names key '${keyId}', but this key ring holds another key under that id, or the bytes ` +
        'were altered: use the key ring it was sealed with',
      keyId,
    );
  }
  if (!accepted.includes(binding)) throw notAuthentic(context, keyId);
  associated.set(blob.subarray(0, length));
  const end = writeContext(associated, length, binding, context);
  const body = decrypt(blob.subarray(length), associated.subarray(0, end), nonce, derived);
  if (!body) throw notAuthentic(context, keyId);
  return header.compressed ? inflateOrThrow(context, keyId, body) : body;
}

/**
 * The clear part of an envelope: which key sealed it, and how. Needs no key and proves nothing.
 * `undefined` when the bytes are not an envelope of a known version.
 */
export function readEnvelopeHeader(blob: PayloadBlob): EnvelopeHeader | undefined {
  const idLength = blob[4] ?? 0;
  const length = FIXED_HEADER_BYTES + idLength;
  const flags = blob[2] ?? 0xff;
  const binding = blob[3];
  if (blob[0] !== SEALED_BLOB || blob[1] !== VERSION || (flags & ~COMPRESSED) !== 0)
    return undefined;
  if (binding !== Binding.WORKFLOW && binding !== Binding.NAMESPACE) return undefined;
  if (blob.length < length + TAG_BYTES) return undefined;
  const keyId = Buffer.from(blob.buffer, blob.byteOffset + 5, idLength).toString('latin1');
  if (!KEY_ID_PATTERN.test(keyId)) return undefined;
  return { compressed: (flags & COMPRESSED) !== 0, binding, keyId, length };
}

/** Writes the header except commitment and nonce; returns its whole length. */
function writeHeader(keyId: string, binding: Binding, compressed: boolean): number {
  associated[0] = SEALED_BLOB;
  associated[1] = VERSION;
  associated[2] = compressed ? COMPRESSED : 0;
  associated[3] = binding;
  associated[4] = keyId.length;
  associated.write(keyId, 5, 'latin1');
  return FIXED_HEADER_BYTES + keyId.length;
}

/** 32 bytes of key for one message, then 32 bytes that commit to it. */
function derive(key: RingKey, nonce: Uint8Array): Uint8Array {
  derivationInput.set(nonce, LABEL.length);
  return sodium.crypto_generichash(KEY_BYTES + COMMITMENT_BYTES, derivationInput, key.key);
}

function decrypt(
  ciphertext: Uint8Array,
  data: Uint8Array,
  nonce: Uint8Array,
  derived: Uint8Array,
): Uint8Array | undefined {
  try {
    const key = derived.subarray(0, KEY_BYTES);
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, data, nonce, key);
  } catch {
    return undefined;
  }
}

function keyOf(ring: KeyRing, context: PayloadContext, keyId: string): RingKey {
  const key = ring.byId(keyId);
  if (key) return key;
  throw new PayloadOpenError(
    'UNKNOWN_KEY',
    context,
    `it was sealed with key '${keyId}', and this key ring holds ${ring.ids().join(', ')}: add that ` +
      'key to the ring, or use the ring of the client or worker that sealed it',
    keyId,
  );
}

function notAuthentic(context: PayloadContext, keyId: string): PayloadOpenError {
  return new PayloadOpenError(
    'NOT_AUTHENTIC',
    context,
    `key '${keyId}' is right, but the bytes were altered or were sealed for another field, ` +
      'workflow or namespace: check that this client or worker names the same namespace as the one ' +
      'that sealed them',
    keyId,
  );
}

function inflateOrThrow(context: PayloadContext, keyId: string, body: Uint8Array): Uint8Array {
  try {
    return inflate(body);
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    throw new PayloadOpenError(
      tooLarge ? 'TOO_LARGE' : 'MALFORMED',
      context,
      tooLarge
        ? 'it would inflate to more than 64 MiB, which no Perdure SDK makes'
        : 'its compressed body is damaged, although it is authentic: report this',
      keyId,
    );
  }
}
