/**
 * Values to payloads and back, one value at a time. Runs in the workflow sandbox as well as in the
 * host, so it is synchronous, deterministic and knows no Node built-in.
 *
 * A payload names its converter in `metadata.encoding`; reading goes by that name alone, so a
 * history stays readable when converters are added or reordered.
 */
import { decode, encode } from '../encoding.ts';
import { PayloadConverterError } from '../errors.ts';
import { copyBytes, isBytes } from './bytes.ts';
import type { Payload } from './payload.ts';

/** Metadata key that names the converter of a payload. */
export const METADATA_ENCODING_KEY = 'encoding';

/** The encodings of the default payload converter. */
export const encodingTypes = {
  METADATA_ENCODING_NULL: 'binary/null',
  METADATA_ENCODING_RAW: 'binary/plain',
  METADATA_ENCODING_JSON: 'json/plain',
} as const;

/** {@link encodingTypes} in bytes, as they stand in metadata. */
export const encodingKeys = {
  METADATA_ENCODING_NULL: encode(encodingTypes.METADATA_ENCODING_NULL),
  METADATA_ENCODING_RAW: encode(encodingTypes.METADATA_ENCODING_RAW),
  METADATA_ENCODING_JSON: encode(encodingTypes.METADATA_ENCODING_JSON),
} as const;

/** One of {@link encodingTypes}. */
export type EncodingType = (typeof encodingTypes)[keyof typeof encodingTypes];

const RAW_VALUE = Symbol.for('perdure.rawValue');

/** Turns values of every kind into payloads and back. */
export interface PayloadConverter {
  /** @throws PayloadConverterError when no payload can be made of the value */
  toPayload<T>(value: T): Payload;
  /** @throws PayloadConverterError when no value can be made of the payload */
  fromPayload<T>(payload: Payload): T;
}

/** Converts one kind of value; a part of a {@link CompositePayloadConverter}. */
export interface PayloadConverterWithEncoding {
  readonly encodingType: string;
  /** The payload, or `undefined` when this converter does not take the value. */
  toPayload<T>(value: T): Payload | undefined;
  fromPayload<T>(payload: Payload): T;
}

/**
 * A value that is a payload already. Composite payload converters, the default one among them, let
 * the payload through as it is, where any other value would be converted.
 */
export class RawValue<T = unknown> {
  /** Never set: carries the type of the value. */
  declare readonly __type?: T;
  readonly payload: Payload;

  /** @param payloadConverter makes the payload. Default {@link defaultPayloadConverter} */
  constructor(value: T, payloadConverter: PayloadConverter = defaultPayloadConverter) {
    this.payload = payloadConverter.toPayload(value);
  }

  /** Wraps a payload. */
  static fromPayload(payload: Payload): RawValue {
    return Object.assign(Object.create(RawValue.prototype) as RawValue, { payload });
  }
}
Object.defineProperty(RawValue.prototype, RAW_VALUE, { value: true });

const NO_BYTES = new Uint8Array(0);

/** `undefined` as `binary/null`. */
export class UndefinedPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType: string = encodingTypes.METADATA_ENCODING_NULL;
  private readonly encoding = encode(encodingTypes.METADATA_ENCODING_NULL);

  toPayload(value: unknown): Payload | undefined {
    if (value !== undefined) return undefined;
    return { metadata: { [METADATA_ENCODING_KEY]: this.encoding }, data: NO_BYTES };
  }

  fromPayload<T>(): T {
    return undefined as T;
  }
}

/** Bytes as they are, as `binary/plain`. */
export class BinaryPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType: string = encodingTypes.METADATA_ENCODING_RAW;
  private readonly encoding = encode(encodingTypes.METADATA_ENCODING_RAW);

  toPayload(value: unknown): Payload | undefined {
    if (!isBytes(value)) return undefined;
    return { metadata: { [METADATA_ENCODING_KEY]: this.encoding }, data: copyBytes(value) };
  }

  /** A copy, of this realm: the receiver may write into it. */
  fromPayload<T>(payload: Payload): T {
    return copyBytes(payload.data) as T;
  }
}

/** Whatever `JSON.stringify` takes, as `json/plain`. */
export class JsonPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType: string = encodingTypes.METADATA_ENCODING_JSON;
  private readonly encoding = encode(encodingTypes.METADATA_ENCODING_JSON);

  toPayload(value: unknown): Payload | undefined {
    const json = stringifyOrUndefined(value);
    if (json === undefined) return undefined;
    return { metadata: { [METADATA_ENCODING_KEY]: this.encoding }, data: encode(json) };
  }

  fromPayload<T>(payload: Payload): T {
    try {
      return JSON.parse(decode(payload.data)) as T;
    } catch {
      // The parser's own message quotes the data, which belongs in no error message.
      throw new PayloadConverterError(
        `wanted a payload of JSON text (encoding json/plain); got ${payload.data.length} bytes that ` +
          'are not JSON: read it with the payload converter that wrote it',
      );
    }
  }
}

/**
 * Tries converters in order; the first that takes a value makes its payload. Payloads are read by
 * the converter whose encoding they name.
 */
export class CompositePayloadConverter implements PayloadConverter {
  readonly converters: readonly PayloadConverterWithEncoding[];
  private readonly byEncoding = new Map<string, PayloadConverterWithEncoding>();

  constructor(...converters: PayloadConverterWithEncoding[]) {
    if (converters.length === 0) {
      throw new PayloadConverterError('a CompositePayloadConverter needs at least one converter');
    }
    this.converters = converters;
    for (const converter of converters) this.byEncoding.set(converter.encodingType, converter);
  }

  toPayload<T>(value: T): Payload {
    if (isRawValue(value)) return value.payload;
    for (const converter of this.converters) {
      const payload = converter.toPayload(value);
      if (payload !== undefined) return payload;
    }
    throw new PayloadConverterError(
      `no payload converter takes ${kindOf(value)} (tried ${[...this.byEncoding.keys()].join(', ')})` +
        `${whyNotJson(value)}: pass values that JSON can hold, or set dataConverter.payloadConverterPath`,
    );
  }

  fromPayload<T>(payload: Payload): T {
    const encoding = encodingOf(payload);
    const converter = this.byEncoding.get(encoding);
    if (converter) return converter.fromPayload(payload);
    throw new PayloadConverterError(
      `wanted a payload with one of the encodings ${[...this.byEncoding.keys()].join(', ')}; got ` +
        `${JSON.stringify(encoding)}: use the payload converter that wrote it`,
    );
  }
}

/** `undefined`, bytes, then JSON. */
export class DefaultPayloadConverter extends CompositePayloadConverter {
  constructor() {
    super(
      new UndefinedPayloadConverter(),
      new BinaryPayloadConverter(),
      new JsonPayloadConverter(),
    );
  }
}

/** The converter used where no other is named. */
export const defaultPayloadConverter: PayloadConverter = new DefaultPayloadConverter();

/** A payload for each value; `undefined` for no values at all. */
export function toPayloads(
  converter: PayloadConverter,
  ...values: unknown[]
): Payload[] | undefined {
  return values.length === 0 ? undefined : values.map((value) => converter.toPayload(value));
}

/** The value of each payload; none for `undefined`. */
export function arrayFromPayloads(
  converter: PayloadConverter,
  payloads?: readonly Payload[] | null,
): unknown[] {
  return payloads ? payloads.map((payload) => converter.fromPayload(payload)) : [];
}

/** The value of one payload of a list; `undefined` when the list has none at that place. */
export function fromPayloadsAtIndex<T>(
  converter: PayloadConverter,
  index: number,
  payloads?: readonly Payload[] | null,
): T {
  const payload = payloads?.[index];
  return payload === undefined ? (undefined as T) : converter.fromPayload<T>(payload);
}

/** A payload for each field of an object. */
export function mapToPayloads<K extends string>(
  converter: PayloadConverter,
  map: Readonly<Record<K, unknown>>,
): Record<K, Payload> {
  const entries = Object.entries<unknown>(map);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, converter.toPayload(value)]),
  ) as Record<K, Payload>;
}

/** The value of each field of an object of payloads; `undefined` for none. */
export function mapFromPayloads<K extends string, T = unknown>(
  converter: PayloadConverter,
  map?: Readonly<Record<K, Payload>> | null,
): Record<K, T> | undefined {
  if (!map) return undefined;
  const entries = Object.entries<Payload>(map);
  return Object.fromEntries(
    entries.map(([key, payload]) => [key, converter.fromPayload<T>(payload)]),
  ) as Record<K, T>;
}

/** The name in `metadata.encoding`. */
function encodingOf(payload: Payload | null | undefined): string {
  const encoding: unknown = payload?.metadata?.[METADATA_ENCODING_KEY];
  if (isBytes(encoding) && isBytes(payload?.data)) return decode(encoding);
  throw new PayloadConverterError(
    'wanted a payload { metadata: { encoding }, data } with byte values; got one without them: ' +
      'was this value made by a payload converter?',
  );
}

function stringifyOrUndefined(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Of whatever copy of this package. */
function isRawValue(value: unknown): value is RawValue {
  return typeof value === 'object' && value !== null && RAW_VALUE in value;
}

/** Names what kind of value it is, never the value. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? `an object of class ${name}` : 'an object';
}

function whyNotJson(value: unknown): string {
  try {
    JSON.stringify(value);
    return '';
  } catch (error) {
    const reason = (error as Error | undefined)?.message?.split('\n')[0];
    return reason ? `; JSON says '${reason}'` : '';
  }
}
