import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defaultPayloadConverter, headersFromPayloads, headersToPayloads } from '../src/index.ts';

it('headers come out as they went in', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue()), (values) => {
      const headers = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
          key,
          defaultPayloadConverter.toPayload(value),
        ]),
      );
      expect(headersFromPayloads(headersToPayloads(headers))).toEqual(headers);
    }),
  );
});

it('payloads without a name are none', () => {
  expect(headersFromPayloads([defaultPayloadConverter.toPayload(1)])).toEqual({});
});
