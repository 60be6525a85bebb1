/**
 * Envelopes of version 1 as they were on the first day. They stand in histories for ever, so these
 * must open for ever; never change one, add the next version's beside them.
 */
import { beforeAll, expect, it } from 'vitest';
import { type LoadedDataConverter, createKeyRing, loadDataConverter } from '../src/index.ts';
import { now, somewhere } from './fixtures.ts';

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

const small = bytes(
  '02010001086b2d676f6c64656ee5d30727bde5987b925fd0fc5c15e97216557f52fb9714f2b6a00a05bba018ef542ca4' +
    '809217bc4f3afcbc02dfea49898a8ebcff5bfb0eb3652d41d965591aa92aba8d6185d05967a9c8a35faf82e3c3439a' +
    '46f73a828bcf89b61fafd2af06b7a141c751d03136796c3a2334e424448dc395',
);
const compressed = bytes(
  '02010101086b2d676f6c64656e0200276fd124e64f8a9f66e4cdafac690bc3b51420e9e52bbdcf5d6d0ca304b78e2e91' +
    '230e77da51bfddac50ab357674264e559460cc11704410bab0330ef74e2f533c12189ec450c932623a7ba23c28f1d7' +
    'be8db34867c66ad98961a8f4807d6f3fd72099d2cea7d76ad7c7250d768ebaefde1d3b0be1ecbfcc26717edfdc221a' +
    '7e771257b595fbf4dc2c960d',
);
const failureText = bytes(
  '02010002086b2d676f6c64656e5864c036f729634850ef4689d8568267d26ce670dc0725a97df0daccc5324b24e01782' +
    'eaa9f6d63306ea8a89738159011146b9ce755572b84a63a87f31c5786406757dfccd38dafaf26c9b3915ba0fb1cc06' +
    '072289ea2452e17dd8351f0ca84c26287642886dfb93cfc990173af33ff8a7d40662fa661b',
);

let converter: LoadedDataConverter;
beforeAll(async () => {
  const keyRing = createKeyRing('k-golden', [{ id: 'k-golden', key }]);
  converter = await loadDataConverter({ keyRing });
});

it('a small value', () => {
  expect(now(converter.decodeValue(somewhere, small))).toEqual({ answer: 42 });
});

it('a compressed value', () => {
  expect(now(converter.decodeValue(somewhere, compressed))).toEqual({
    text: 'perdure '.repeat(200),
  });
});

it('the text of a failure, bound to its namespace only', () => {
  const failure = { encodedAttributes: failureText, info: { kind: 'server' } } as const;
  const context = { namespace: 'orders', workflowId: 'any' };
  expect(now(converter.openFailure(context, failure)).message).toBe('boom');
});
