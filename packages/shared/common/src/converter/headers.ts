/**
 * Headers as a list of payloads, which is what blobs hold: each payload carries its header's name in
 * its metadata while it travels.
 */
import { decode, encode } from '../encoding.ts';
import type { Headers } from '../interfaces.ts';
import type { Payload } from './payload.ts';

const NAME_KEY = 'perdure-header';

/** The payloads that stand for headers. */
export function headersToPayloads(headers: Headers): Payload[] {
  return Object.entries(headers).map(([name, { metadata, data }]) => ({
    metadata: { ...metadata, [NAME_KEY]: encode(name) },
    data,
  }));
}

/** The headers that payloads stand for; payloads without a name are left out. */
export function headersFromPayloads(payloads: readonly Payload[]): Headers {
  const headers: [string, Payload][] = [];
  for (const { metadata, data } of payloads) {
    const { [NAME_KEY]: name, ...own } = metadata;
    if (name) headers.push([decode(name), { metadata: own, data }]);
  }
  // Whatever the names are: it defines, and does not assign.
  return Object.fromEntries(headers);
}

/**
 * What a codec has made of the payloads of headers, with the names that it did not take over: in
 * Temporal's SDKs a codec never sees them, so that many keep nothing but the data.
 */
export function keepHeaderNames(
  before: readonly Payload[],
  after: readonly Payload[],
): readonly Payload[] {
  if (after.length !== before.length) return after;
  return after.map(({ metadata, data }, i) => {
    const name = metadata[NAME_KEY] ?? before[i]!.metadata[NAME_KEY];
    return name ? { metadata: { ...metadata, [NAME_KEY]: name }, data } : { metadata, data };
  });
}
