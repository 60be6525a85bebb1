import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  type Payload,
  PayloadConverterError,
  type PayloadConverterWithEncoding,
  UndefinedPayloadConverter,
  arrayFromPayloads,
  decode,
  defaultPayloadConverter,
  encode,
  fromPayloadsAtIndex,
  isBytes,
  toPayloads,
} from '../src/index.ts';

const encodingOf = (payload: Payload) => decode(payload.metadata.encoding!);
const roundTrip = (value: unknown) =>
  defaultPayloadConverter.fromPayload(defaultPayloadConverter.toPayload(value));

describe('defaultPayloadConverter', () => {
  it('gives back any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(roundTrip(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (value) => {
        expect(roundTrip(value)).toEqual(value);
      }),
    );
  });

  it.each([
    [undefined, 'binary/null'],
    [Uint8Array.of(1), 'binary/plain'],
    [Buffer.from('x'), 'binary/plain'],
    [null, 'json/plain'],
    ['', 'json/plain'],
    [{ a: [1] }, 'json/plain'],
    [new Date(0), 'json/plain'],
  ])('encodes %s as %s', (value, encoding) => {
    expect(encodingOf(defaultPayloadConverter.toPayload(value))).toBe(encoding);
  });

  it('writes exactly the text of JSON.stringify', () => {
    const { data } = defaultPayloadConverter.toPayload({ name: 'Zoë', at: new Date(0) });
    expect(decode(data)).toBe('{"name":"Zoë","at":"1970-01-01T00:00:00.000Z"}');
  });

  it('names what it cannot take, and what to do, without quoting it', () => {
    const cyclic: Record<string, unknown> = { secret: 'hunter2' };
    cyclic.self = cyclic;
    expect(() => defaultPayloadConverter.toPayload(cyclic)).toThrow(PayloadConverterError);
    expect(() => defaultPayloadConverter.toPayload(cyclic)).toThrow(
      /an object of class Object .*circular structure.*payloadConverterPath/s,
    );
    expect(() => defaultPayloadConverter.toPayload(cyclic)).not.toThrow(/hunter2/);
    expect(() => defaultPayloadConverter.toPayload(10n)).toThrow(/a bigint .*BigInt/);
    expect(() => defaultPayloadConverter.toPayload(() => 1)).toThrow(/a function/);
    expect(() => defaultPayloadConverter.toPayload(Symbol('s'))).toThrow(/a symbol/);
  });

  it('refuses damaged JSON without quoting it', () => {
    const payload = { metadata: { encoding: encode('json/plain') }, data: encode('"hunter2') };
    expect(() => defaultPayloadConverter.fromPayload(payload)).toThrow(PayloadConverterError);
    expect(() => defaultPayloadConverter.fromPayload(payload)).not.toThrow(/hunter2/);
  });

  it('refuses an encoding it does not know, naming both sides', () => {
    const payload = { metadata: { encoding: encode('json/protobuf') }, data: encode('{}') };
    expect(() => defaultPayloadConverter.fromPayload(payload)).toThrow(
      /binary\/null, binary\/plain, json\/plain; got "json\/protobuf"/,
    );
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [{ metadata: {}, data: encode('') }],
    [{ metadata: { encoding: 'json/plain' }, data: encode('1') }],
  ])('refuses %j, which is no payload', (value) => {
    expect(() => defaultPayloadConverter.fromPayload(value as unknown as Payload)).toThrow(
      PayloadConverterError,
    );
  });

  it('does not share bytes between the value and the payload', () => {
    const value = Uint8Array.of(1, 2, 3);
    const payload = defaultPayloadConverter.toPayload(value);
    value[0] = 9;
    const read = defaultPayloadConverter.fromPayload<Uint8Array>(payload);
    read[1] = 9;
    expect(payload.data).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe('across realms', () => {
  it('takes bytes of another realm as bytes', () => {
    const foreign: unknown = runInNewContext('new Uint8Array([1, 2, 3])');
    expect(foreign instanceof Uint8Array).toBe(false);
    const payload = defaultPayloadConverter.toPayload(foreign);
    expect(encodingOf(payload)).toBe('binary/plain');
    expect(defaultPayloadConverter.fromPayload(payload)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('reads a payload whose parts are of another realm', () => {
    const payload = runInNewContext(
      '({ metadata: { encoding: new Uint8Array(encoding) }, data: new Uint8Array(data) })',
      { encoding: [...encode('json/plain')], data: [...encode('{"a":1}')] },
    ) as Payload;
    expect(defaultPayloadConverter.fromPayload(payload)).toEqual({ a: 1 });
  });

  it('tells Uint8Array from other views and from look-alikes', () => {
    expect(isBytes(runInNewContext('new DataView(new ArrayBuffer(2))'))).toBe(false);
    expect(isBytes(runInNewContext('new Uint16Array(2)'))).toBe(false);
    expect(isBytes({ [Symbol.toStringTag]: 'Uint8Array', length: 0 })).toBe(false);
    expect(isBytes('bytes')).toBe(false);
  });
});

describe('CompositePayloadConverter', () => {
  const upper: PayloadConverterWithEncoding = {
    encodingType: 'text/upper',
    toPayload: (value) =>
      typeof value === 'string'
        ? { metadata: { encoding: encode('text/upper') }, data: encode(value.toUpperCase()) }
        : undefined,
    fromPayload: <T>(payload: Payload) => decode(payload.data) as T,
  };

  it('lets the first converter that takes a value have it', () => {
    const converter = new CompositePayloadConverter(upper, new JsonPayloadConverter());
    expect(encodingOf(converter.toPayload('a'))).toBe('text/upper');
    expect(encodingOf(converter.toPayload(1))).toBe('json/plain');
    expect(converter.fromPayload(converter.toPayload('a'))).toBe('A');
  });

  it('reads by encoding, whatever the order', () => {
    const written = new JsonPayloadConverter().toPayload('a')!;
    const converter = new CompositePayloadConverter(upper, new JsonPayloadConverter());
    expect(converter.fromPayload(written)).toBe('a');
  });

  it('refuses to be empty', () => {
    expect(() => new CompositePayloadConverter()).toThrow(PayloadConverterError);
  });

  it('leaves to others what is not theirs', () => {
    expect(new UndefinedPayloadConverter().toPayload(null)).toBeUndefined();
    expect(new BinaryPayloadConverter().toPayload('x')).toBeUndefined();
    expect(new JsonPayloadConverter().toPayload(undefined)).toBeUndefined();
  });
});

describe('lists', () => {
  it('makes no payloads of no values', () => {
    expect(toPayloads(defaultPayloadConverter)).toBeUndefined();
    expect(arrayFromPayloads(defaultPayloadConverter)).toEqual([]);
    expect(arrayFromPayloads(defaultPayloadConverter, null)).toEqual([]);
  });

  it('keeps the order, and undefined in the middle', () => {
    const payloads = toPayloads(defaultPayloadConverter, 1, undefined, 'c');
    expect(arrayFromPayloads(defaultPayloadConverter, payloads)).toEqual([1, undefined, 'c']);
  });

  it('reads one place, and undefined where there is none', () => {
    const payloads = toPayloads(defaultPayloadConverter, 'a', 'b');
    expect(fromPayloadsAtIndex(defaultPayloadConverter, 1, payloads)).toBe('b');
    expect(fromPayloadsAtIndex(defaultPayloadConverter, 2, payloads)).toBeUndefined();
    expect(fromPayloadsAtIndex(defaultPayloadConverter, 0)).toBeUndefined();
  });
});
