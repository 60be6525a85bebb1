import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packUuid, unpackUuid } from '@perdure/protocol';

describe('packUuid', () => {
  it('packs any UUID into 16 bytes and back', () => {
    fc.assert(
      fc.property(fc.uuid(), (text) => {
        const packed = packUuid(text);
        expect(packed).toHaveLength(16);
        expect(unpackUuid(packed)).toBe(text);
      }),
    );
  });

  it('leaves every other text as it is', () => {
    const almost = fc.uuid().map((text) => text.toUpperCase().replace(/^[0-9]+$/, 'X'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), almost), (text) => {
        expect(unpackUuid(packUuid(text))).toBe(text);
      }),
    );
  });
});
