import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import {
  type Payload,
  type PayloadCodec,
  ValueError,
  decode,
  defaultPayloadConverter,
  encode,
  headersFromPayloads,
  headersToPayloads,
} from '@perdure/common';
import { decodePlainBlob, isSealed } from '@perdure/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PayloadOpenError, loadDataConverter } from '../src/index.ts';
import { anyContext, now, randomRing, sealingConverter, somewhere } from './fixtures.ts';

const reversing = (name: string, log: string[] = []): PayloadCodec => ({
  async encode(payloads) {
    log.push(`encode ${name}`);
    return payloads.map(({ metadata, data }) => ({
      metadata: { ...metadata, [name]: encode('1') },
      data: data.slice().reverse(),
    }));
  },
  async decode(payloads) {
    log.push(`decode ${name}`);
    return payloads.map(({ metadata, data }) => ({ metadata, data: data.slice().reverse() }));
  },
});

describe('values', () => {
  it('come back, with and without a key ring', async () => {
    for (const converter of [await sealingConverter(), await loadDataConverter()]) {
      fc.assert(
        fc.property(anyContext, fc.array(fc.jsonValue(), { maxLength: 4 }), (context, args) => {
          const blob = now(converter.encodeArgs(context, args));
          expect(now(converter.decodeArgs(context, blob))).toEqual(
            JSON.parse(JSON.stringify(args)),
          );
        }),
      );
      const bytes = Uint8Array.of(0, 255, 7);
      const blob = now(converter.encodeValue(somewhere, bytes));
      expect(now(converter.decodeValue(somewhere, blob))).toEqual(bytes);
    }
  });

  it('need no blob when there are no arguments, but undefined is a value', async () => {
    const converter = await sealingConverter();
    expect(converter.encodeArgs(somewhere, [])).toBeUndefined();
    expect(converter.decodeArgs(somewhere, undefined)).toEqual([]);
    const blob = now(converter.encodeValue(somewhere, undefined));
    expect(isSealed(blob)).toBe(true);
    expect(converter.decodeValue(somewhere, blob)).toBeUndefined();
    expect(converter.decodeValue(somewhere, undefined)).toBeUndefined();
  });

  it('made in another realm are sealed all the same', async () => {
    const converter = await sealingConverter();
    const payloads = runInNewContext(
      '[{ metadata: { encoding: new Uint8Array([65]) }, data: new Uint8Array([1, 2]) }]',
    ) as Payload[];
    for (const each of [converter, await loadDataConverter()]) {
      const [payload] = now(each.fromBlob(somewhere, now(each.toBlob(somewhere, payloads))));
      expect(decode(payload!.metadata.encoding!)).toBe('A');
      expect([...payload!.data]).toEqual([1, 2]);
    }
  });
});

describe('without a key ring', () => {
  it('blobs are plain', async () => {
    const converter = await loadDataConverter();
    expect(converter.seals).toBe(false);
    const blob = now(converter.encodeArgs(somewhere, ['a', 1]))!;
    expect(decodePlainBlob(blob).map(({ data }) => decode(data))).toEqual(['"a"', '1']);
  });
});

describe('during a move from plain to sealed', () => {
  it('both kinds are read', async () => {
    const sealing = await sealingConverter();
    const plain = now((await loadDataConverter()).encodeValue(somewhere, 'old'));
    expect(sealing.seals).toBe(true);
    expect(now(sealing.decodeValue(somewhere, plain))).toBe('old');
    expect(now(sealing.decodeValue(somewhere, now(sealing.encodeValue(somewhere, 'new'))))).toBe(
      'new',
    );
  });

  it("and plain ones are refused once it is over: plaintext 'refuse'", async () => {
    const strict = await loadDataConverter({ keyRing: randomRing('k-1'), plaintext: 'refuse' });
    const plain = now((await loadDataConverter()).encodeValue(somewhere, 'old'));
    expect(() => strict.decodeValue(somewhere, plain)).toThrow(PayloadOpenError);
    expect(() => strict.decodeValue(somewhere, plain)).toThrow(/in the clear/);
    expect(now(strict.decodeValue(somewhere, now(strict.encodeValue(somewhere, 1))))).toBe(1);
  });
});

describe('user codecs', () => {
  it('run in order on the way out, in reverse on the way in, inside the seal', async () => {
    const log: string[] = [];
    const payloadCodecs = [reversing('first', log), reversing('second', log)];
    const keyRing = randomRing('k-1');
    const converter = await loadDataConverter({ keyRing, dataConverter: { payloadCodecs } });
    const blob = await converter.encodeValue(somewhere, 'value');
    expect(isSealed(blob)).toBe(true);
    expect(await converter.decodeValue(somewhere, blob)).toBe('value');
    expect(log).toEqual(['encode first', 'encode second', 'decode second', 'decode first']);

    const bare = await sealingConverter(keyRing);
    const [payload] = now(bare.fromBlob(somewhere, blob));
    expect(Object.keys(payload!.metadata)).toEqual(['encoding', 'first', 'second']);
  });

  it('also see the plain blobs and the details and texts of failures', async () => {
    const dataConverter = { payloadCodecs: [reversing('codec')] };
    const keyRing = randomRing('k-1');
    const converter = await loadDataConverter({ keyRing, dataConverter });
    const details = [{ metadata: {}, data: encode('detail') }];
    const failure = {
      message: 'secret',
      info: { kind: 'application', type: 'T', details },
    } as const;
    const sealed = await converter.sealFailure({ namespace: 'orders' }, failure);
    const opened = await converter.openFailure({ namespace: 'orders' }, sealed);
    expect(opened.message).toBe('secret');
    const bare = await sealingConverter(keyRing);
    expect(() => bare.openFailure({ namespace: 'orders' }, sealed)).toThrow(/JSON/);
  });

  it('pass their own errors on', async () => {
    const failing: PayloadCodec = {
      encode: async () => Promise.reject(new Error('vault is closed')),
      decode: async (payloads) => payloads,
    };
    const converter = await loadDataConverter({ dataConverter: { payloadCodecs: [failing] } });
    await expect(converter.encodeValue(somewhere, 1)).rejects.toThrow('vault is closed');
  });
});

describe('converters named by path', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perdure-converter-'));
    const upper = `{
      toPayload: (value) => ({ metadata: { encoding: Buffer.from('upper') }, data: Buffer.from(String(value).toUpperCase()) }),
      fromPayload: (payload) => Buffer.from(payload.data).toString() + '!',
    }`;
    await writeFile(join(folder, 'esm.mjs'), `export const payloadConverter = ${upper};`);
    await writeFile(join(folder, 'common.cjs'), `exports.payloadConverter = ${upper};`);
    await writeFile(
      join(folder, 'half.mjs'),
      'export const payloadConverter = { toPayload() {} };',
    );
    await writeFile(
      join(folder, 'failures.mjs'),
      `export const failureConverter = {
        errorToFailure: (error) => ({ message: 'mine: ' + error.message, info: { kind: 'server' } }),
        failureToError: (failure) => new Error(failure.message),
      };`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are imported, whether ESM, CommonJS or a URL', async () => {
    const url = pathToFileURL(join(folder, 'esm.mjs')).href;
    for (const payloadConverterPath of [join(folder, 'esm.mjs'), join(folder, 'common.cjs'), url]) {
      const converter = await loadDataConverter({ dataConverter: { payloadConverterPath } });
      const blob = now(converter.encodeValue(somewhere, 'a'));
      expect(now(converter.decodeValue(somewhere, blob))).toBe('A!');
    }
    const failureConverterPath = join(folder, 'failures.mjs');
    const { failureConverter, payloadConverter } = await loadDataConverter({
      dataConverter: { failureConverterPath },
    });
    expect(failureConverter.errorToFailure(new Error('m'), payloadConverter).message).toBe(
      'mine: m',
    );
  });

  it('may drop all metadata: headers keep their names', async () => {
    const dropping: PayloadCodec = {
      encode: async (payloads) =>
        payloads.map(({ data }) => ({ metadata: { encoding: encode('binary/x') }, data })),
      decode: async (payloads) =>
        payloads.map(({ data }) => ({ metadata: { encoding: encode('json/plain') }, data })),
    };
    const place = { ...somewhere, purpose: 'header' } as const;
    const headers = { trace: defaultPayloadConverter.toPayload('t-1') };
    const converter = await loadDataConverter({ dataConverter: { payloadCodecs: [dropping] } });
    const blob = await converter.toBlob(place, headersToPayloads(headers));
    expect(headersFromPayloads(await converter.fromBlob(place, blob))).toEqual(headers);
  });

  it('have messages and stacks go through codecs, when asked to', async () => {
    const failureConverterPath = new URL('./encoding-failures.ts', import.meta.url).href;
    const payloadCodecs = [reversing('mine')];
    const { namespace, workflowId } = somewhere;
    const place = { namespace, workflowId };
    const failure = {
      message: 'secret',
      stackTrace: 'at secret',
      info: { kind: 'server' },
    } as const;
    const open = await loadDataConverter({ dataConverter: { payloadCodecs } });
    expect(await open.sealFailure(place, failure)).toMatchObject({ message: 'secret' });
    const dataConverter = { payloadCodecs, failureConverterPath };
    const encoding = await loadDataConverter({ dataConverter });
    const sent = await encoding.sealFailure(place, failure);
    expect(sent).toMatchObject({ message: undefined, stackTrace: undefined });
    const [attributes] = decodePlainBlob(sent.encodedAttributes!);
    expect(decode(attributes!.data.slice().reverse())).toContain('at secret');
    expect(await encoding.openFailure(place, sent)).toMatchObject(failure);
  });

  it('are refused with what was wanted', async () => {
    const load = (payloadConverterPath: string) =>
      loadDataConverter({ dataConverter: { payloadConverterPath } });
    await expect(load('./esm.mjs')).rejects.toThrow(ValueError);
    await expect(load('./esm.mjs')).rejects.toThrow(/absolute path or a file URL/);
    await expect(load(join(folder, 'half.mjs'))).rejects.toThrow(
      /export payloadConverter, an object with toPayload and fromPayload; got exports payloadConverter/,
    );
  });
});
