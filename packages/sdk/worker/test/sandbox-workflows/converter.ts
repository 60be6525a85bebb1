/** A payload converter that knows bigint. */
import {
  CompositePayloadConverter,
  DefaultPayloadConverter,
  type Payload,
  type PayloadConverterWithEncoding,
  decode,
  encode,
} from '@perdure/common';

const bigints: PayloadConverterWithEncoding = {
  encodingType: 'test/bigint',
  toPayload(value): Payload | undefined {
    if (typeof value !== 'bigint') return undefined;
    return { metadata: { encoding: encode('test/bigint') }, data: encode(String(value)) };
  },
  fromPayload<T>(payload: Payload): T {
    return BigInt(decode(payload.data)) as T;
  },
};

export const payloadConverter = new CompositePayloadConverter(
  bigints,
  ...new DefaultPayloadConverter().converters,
);
