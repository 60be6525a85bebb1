/** The host's side of what a sandbox may use: parsers and text, no state but the async frame. */
import { format } from 'node:util';
import type { HostFunctions } from '@perdure/workflow/runtime';
import { asyncTracking } from './async-tracking.ts';
import { plainCopy } from './plain-copy.ts';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Given to every sandbox of this thread. */
export const hostFunctions: HostFunctions = {
  realNow: () => Date.now(),
  formatLog: (args) => format(...args.map(plainCopy)),
  encodeUtf8: (text) => utf8Encoder.encode(text),
  decodeText(bytes, encoding, fatal, ignoreBOM) {
    if (encoding === 'utf-8' && !fatal && ignoreBOM) return utf8Decoder.decode(bytes);
    return new TextDecoder(encoding, { fatal, ignoreBOM }).decode(bytes);
  },
  atob: (text) => atob(text),
  btoa: (text) => btoa(text),
  parseUrl: (url, base) => (URL.canParse(url, base) ? new URL(url, base) : undefined),
  urlSearchParams: (init) => new URLSearchParams(init),
  asyncTracking,
};
