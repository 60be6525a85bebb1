/**
 * The random numbers of a run: the same for the same seed, for ever. Changing the algorithm breaks
 * the replay of every open run, so it never changes; a better one would get a new name.
 *
 * Seed to state by a 128-bit mix of the text's UTF-16 units, numbers by sfc32 (Doty-Humphrey).
 */

/** A stream of random numbers. */
export class RandomStream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: string) {
    [this.a, this.b, this.c, this.d] = mixSeed(seed);
    for (let warmUp = 0; warmUp < 12; warmUp++) this.nextUint32();
  }

  /** A stream that goes on as this one would. */
  clone(): RandomStream {
    return Object.assign(Object.create(RandomStream.prototype) as RandomStream, this);
  }

  /** A whole number, 0 to 2^32 - 1. */
  nextUint32(): number {
    const sum = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number, 0 inclusive to 1 exclusive, with 53 random bits. */
  nextFloat(): number {
    return ((this.nextUint32() >>> 5) * 0x4000000 + (this.nextUint32() >>> 6)) / 0x20000000000000;
  }
}

/** A version 4 UUID (RFC 9562) from a stream. */
export function randomUuid(random: RandomStream): string {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const a = hex(random.nextUint32());
  const b = hex(((random.nextUint32() & 0xffff0fff) | 0x4000) >>> 0);
  const c = hex(((random.nextUint32() & 0x3fffffff) | 0x80000000) >>> 0);
  const d = hex(random.nextUint32());
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

function mixSeed(seed: string): [number, number, number, number] {
  let a = 1779033703;
  let b = 3144134277;
  let c = 1013904242;
  let d = 2773480762;
  for (let i = 0; i < seed.length; i++) {
    const unit = seed.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, 597399067);
    b = c ^ Math.imul(b ^ unit, 2869860233);
    c = d ^ Math.imul(c ^ unit, 951274213);
    d = a ^ Math.imul(d ^ unit, 2716044179);
  }
  return [a | 0, b | 0, c | 0, d | 0];
}
