import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  KeyRingError,
  createKeyRing,
  formatKeyRing,
  generateKeyRing,
  isInlineKeyRing,
  loadKeyRing,
  loadKeyRingFile,
  parseKeyRing,
  writeKeyRingFile,
} from '../src/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perdure-key-ring-'));
});
afterAll(() => rm(folder, { recursive: true }));

const key = (id: string, bytes = randomBytes(32)) => ({
  id,
  key: bytes.toString('base64'),
  createdAt: '2026-11-22T00:00:00.000Z',
});

async function messageOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(KeyRingError);
    return (error as Error).message;
  }
  return 'no error';
}

describe('a generated key ring', () => {
  it('has one random key of 32 bytes, which is primary', () => {
    const [one, other] = [generateKeyRing(), generateKeyRing()];
    const ring = parseKeyRing(formatKeyRing(one));
    expect(ring.ids()).toEqual([one.primary]);
    expect(ring.primary().key).toHaveLength(32);
    expect(ring.byId(one.primary)).toBe(ring.primary());
    expect(ring.byId('k-other')).toBeUndefined();
    expect(one.keys[0]!.key).not.toBe(other.keys[0]!.key);
    expect(one.primary).not.toBe(other.primary);
  });

  it('carries the time it was made', () => {
    expect(generateKeyRing(new Date(0)).keys[0]!.createdAt).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('a key ring in memory', () => {
  it('shows its ids but not its keys to loggers and JSON', () => {
    const secret = randomBytes(32);
    const ring = createKeyRing('k-1', [{ id: 'k-1', key: secret }]);
    const shown = [
      inspect(ring, { depth: 9, showHidden: false }),
      inspect(ring.primary(), { depth: 9 }),
      JSON.stringify(ring),
      JSON.stringify(ring.primary()),
      JSON.stringify({ ...ring.primary() }),
    ].join('\n');
    expect(shown).toContain('k-1');
    expect(shown).not.toContain(secret.toString('base64'));
    expect(shown).not.toContain(String(secret[0]) + ', ' + String(secret[1]));
    expect(shown).not.toMatch(/key/);
  });

  it('keeps its own copy of the bytes', () => {
    const bytes = randomBytes(32);
    const ring = createKeyRing('k-1', [{ id: 'k-1', key: bytes }]);
    const before = Buffer.from(ring.primary().key).toString('hex');
    bytes.fill(0);
    expect(Buffer.from(ring.primary().key).toString('hex')).toBe(before);
  });
});

describe('parseKeyRing', () => {
  it('reads several keys with the primary named, as JSON and as base64', () => {
    const json = formatKeyRing({ version: 1, primary: 'k-2', keys: [key('k-1'), key('k-2')] });
    const base64 = Buffer.from(json).toString('base64');
    const wrapped = base64.replace(/.{76}/g, '$&\n');
    for (const text of [json, base64, wrapped, Buffer.from(json).toString('base64url')]) {
      const ring = parseKeyRing(text);
      expect([ring.primary().id, ring.ids()]).toEqual(['k-2', ['k-1', 'k-2']]);
      expect(isInlineKeyRing(text)).toBe(true);
    }
  });

  const secret = randomBytes(32);
  const base64 = secret.toString('base64');
  it.each([
    ['nothing', '', /neither JSON nor/],
    ['a bare key', base64, /neither JSON nor/],
    [
      'cut JSON',
      `{"version": 1, "primary": "k", "keys": [{"id": "k", "key": "${base64}`,
      /cut off/,
    ],
    ['another version', `{"version": 2, "key": "${base64}"}`, /"version": 1/],
    ['no keys', '{"version": 1, "primary": "k"}', /no "keys" list/],
    ['an empty list', '{"version": 1, "primary": "k", "keys": []}', /none/],
    [
      'an unknown primary',
      JSON.stringify({ version: 1, primary: base64, keys: [key('k')] }),
      /\(k\)/,
    ],
    ['a key without id', `{"version":1,"primary":"k","keys":[{"key":"${base64}"}]}`, /an "id"/],
    [
      'id and key swapped',
      `{"version":1,"primary":"k","keys":[{"id":"${base64}","key":"k"}]}`,
      /key id/,
    ],
    [
      'an id with blanks',
      JSON.stringify({ version: 1, primary: 'a b', keys: [key('a b')] }),
      /key id/,
    ],
    [
      'a short key',
      JSON.stringify({ version: 1, primary: 'k', keys: [key('k', randomBytes(31))] }),
      /31 bytes/,
    ],
    [
      'an id twice',
      JSON.stringify({ version: 1, primary: 'k', keys: [key('k'), key('k')] }),
      /twice/,
    ],
  ])('refuses %s without quoting a key', async (_, text, expected) => {
    const message = await messageOf(() => parseKeyRing(text));
    expect(message).toMatch(expected);
    expect(message).not.toContain(base64.slice(0, 8));
  });
});

describe('key ring files', () => {
  it('are created with their folders, for the owner only, and read back', async () => {
    const path = join(folder, 'a', 'b', 'keyring.json');
    const written = await writeKeyRingFile(path);
    const read = await loadKeyRingFile(path);
    expect(read.ids()).toEqual(written.ids());
    expect(read.primary().key).toEqual(written.primary().key);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['keyring.json']);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      version: 1,
      primary: written.primary().id,
      keys: [
        {
          id: written.primary().id,
          key: Buffer.from(written.primary().key).toString('base64'),
          createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
    });
  });

  it('are never overwritten, not even by writers that race', async () => {
    const path = join(folder, 'once.json');
    const writers = await Promise.allSettled(
      Array.from({ length: 8 }, () => writeKeyRingFile(path)),
    );
    const won = writers.filter((writer) => writer.status === 'fulfilled');
    expect(won).toHaveLength(1);
    const kept = await loadKeyRingFile(path);
    expect(kept.ids()).toEqual(won[0]!.value.ids());
    expect(await messageOf(() => writeKeyRingFile(path))).toMatch(/once\.json' exists already/);
    expect((await loadKeyRingFile(path)).ids()).toEqual(kept.ids());
    expect((await readdir(folder)).filter((name) => name.startsWith('.key-ring'))).toEqual([]);
  });

  it('are named with what is wrong with them', async () => {
    const path = join(folder, 'bad.json');
    await writeFile(path, '{}');
    expect(await messageOf(() => loadKeyRingFile(path))).toMatch(/bad\.json'.*"version": 1/);
    expect(await messageOf(() => loadKeyRingFile(join(folder, 'none.json')))).toMatch(
      /none\.json' \(ENOENT\): set PERDURE_KEYRING/,
    );
  });
});

describe('loadKeyRing', () => {
  it('takes a path, JSON or base64', async () => {
    const path = join(folder, 'either.json');
    const written = await writeKeyRingFile(path);
    const json = await readFile(path, 'utf8');
    for (const source of [path, json, Buffer.from(json).toString('base64')]) {
      expect((await loadKeyRing(source)).ids()).toEqual(written.ids());
    }
  });

  it('does not print what may be key material meant inline', async () => {
    const bare = randomBytes(32).toString('base64');
    const cut = formatKeyRing(generateKeyRing()).slice(1, 150);
    for (const source of [bare, cut, bare.slice(0, 30)]) {
      const message = await messageOf(() => loadKeyRing(source));
      expect(message).toMatch(/cannot read the key ring/);
      expect(message).not.toContain(source.slice(0, 12));
    }
  });
});
