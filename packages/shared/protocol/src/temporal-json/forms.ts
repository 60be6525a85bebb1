/**
 * How single values stand in Temporal's JSON: the JSON mapping of protobuf, where a field with the
 * default value of its type may be left out.
 */
import { type Json, kindOf, listOf, textOf } from './json.ts';
import type { Scene } from './scene.ts';

/** One value between our form and JSON. */
export interface Form<T> {
  readonly to: (value: T, scene: Scene) => Json;
  /**
   * Reads what others wrote; null never gets here.
   *
   * @throws TypeError when it is of another form
   */
  readonly from: (json: Json, scene: Scene) => T;
  /** What a field that is not there stands for. */
  readonly absent: () => T;
}

/** The field may be absent on our side, and then is in JSON. */
export function kept<T>(form: Form<T>): Form<T | undefined> {
  return { ...(form as Form<T | undefined>), absent: () => undefined };
}

/**
 * As {@link kept}, for fields whose default value means nothing here: some tools write every field
 * out, and `"0s"` is no timeout of no time.
 */
export function given<T>(form: Form<T>): Form<T | undefined> {
  return {
    ...kept(form),
    from: (json, scene) => (isDefault(json) ? undefined : form.from(json, scene)),
  };
}

function isDefault(json: Json): boolean {
  if (typeof json === 'string' && /(?:^|_)unspecified$/i.test(json)) return true;
  return json === '' || json === 0 || json === '0' || json === '0s';
}

export const text: Form<string> = { to: (value) => value, from: textOf, absent: () => '' };

export const flag: Form<boolean> = {
  to: (value) => value,
  from(json) {
    if (typeof json === 'boolean') return json;
    throw new TypeError(`wanted true or false; got ${kindOf(json)}`);
  },
  absent: () => false,
};

/** A 64-bit whole number, which JSON has as text. */
export const int64: Form<number> = { to: String, from: wholeNumber, absent: () => 0 };

const MAX_INT32 = 2 ** 31 - 1;

/** A 32-bit whole number; a larger one is shown as the largest. */
export const int32: Form<number> = {
  to: (value) => Math.min(value, MAX_INT32),
  from: wholeNumber,
  absent: () => 0,
};

export const real: Form<number> = {
  to: (value) => value,
  from(json) {
    const value = Number(json);
    if (typeof json !== 'object' && Number.isFinite(value)) return value;
    throw new TypeError(`wanted a number; got ${kindOf(json)}`);
  },
  absent: () => 0,
};

/** @throws TypeError when it is no whole number, written as a number or as text */
export function wholeNumber(json: Json): number {
  const value = typeof json === 'string' && /^-?\d+$/.test(json) ? Number(json) : json;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new TypeError(`wanted a whole number below 2^53; got ${JSON.stringify(json).slice(0, 40)}`);
}

/** Protobuf's longest duration. */
const MAX_DURATION_SECONDS = 315_576_000_000;

/** Milliseconds as `"10s"` or `"0.100s"`; what is finer is cut off. */
export const duration: Form<number> = {
  to(ms) {
    const seconds = Math.floor(ms / 1_000);
    if (seconds >= MAX_DURATION_SECONDS) return `${MAX_DURATION_SECONDS}s`;
    const fraction = ms % 1_000;
    return fraction === 0 ? `${seconds}s` : `${seconds}.${String(fraction).padStart(3, '0')}s`;
  },
  from(json) {
    const found = typeof json === 'string' ? /^(\d+)(?:\.(\d{1,9}))?s$/.exec(json) : null;
    if (!found) {
      throw new TypeError(`wanted a duration like "10s" or "0.100s"; got ${kindOf(json)}`);
    }
    return Number(found[1]) * 1_000 + Number((found[2] ?? '').slice(0, 3).padEnd(3, '0'));
  },
  absent: () => 0,
};

/** 9999-12-31T23:59:59.999Z, protobuf's last moment, in milliseconds since the Unix epoch. */
const LAST_MOMENT = 253_402_300_799_999;

/** Milliseconds since the Unix epoch as RFC 3339 text; what is finer is cut off. */
export const timestamp: Form<number> = {
  to: (ms) => new Date(Math.min(ms, LAST_MOMENT)).toISOString(),
  from(json) {
    const whole = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*(Z|[+-]\d\d:\d\d)$/i;
    const ms = Date.parse(textOf(json).replace(whole, '$1$2'));
    if (!Number.isNaN(ms)) return ms;
    throw new TypeError('wanted a time like "2026-01-31T12:00:00.000Z"; got other text');
  },
  absent: () => 0,
};

/** `StartToClose` or `startToClose` as `START_TO_CLOSE`. */
export function constantCase(word: string): string {
  return word.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '_').toUpperCase();
}

/** `START_TO_CLOSE` as `StartToClose`. */
export function pascalCase(word: string): string {
  return word.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => {
    return letter.toUpperCase();
  });
}

/**
 * One of a few words. Written with the prefix of its enumeration; read with it, or as older tools
 * wrote it (`StartToClose`).
 *
 * @param unspecified what Temporal's UNSPECIFIED is taken for
 * @param unknown words that Temporal does not have; they are shown as UNSPECIFIED
 */
export function enumeration<W extends string>(
  prefix: string,
  words: readonly W[],
  unspecified: W,
  unknown: readonly W[] = [],
): Form<W> {
  return {
    to: (word) => `${prefix}_${unknown.includes(word) ? 'UNSPECIFIED' : word}`,
    from(json) {
      const given = textOf(json);
      const bare = given.startsWith(`${prefix}_`) ? given.slice(prefix.length + 1) : given;
      const word = (/[a-z]/.test(bare) ? constantCase(bare) : bare) as W;
      if (words.includes(word)) return word;
      if ((word as string) === 'UNSPECIFIED') return unspecified;
      throw new TypeError(
        `wanted ${words.map((each) => `${prefix}_${each}`).join(' or ')}; got ${given.slice(0, 80)}`,
      );
    },
    absent: () => unspecified,
  };
}

/** Values in order. */
export function list<T>(form: Form<T>): Form<readonly T[]> {
  return {
    to: (values, scene) => values.map((value) => form.to(value, scene)),
    from: (json, scene) => listOf(json).map((each) => form.from(each, scene)),
    absent: () => [],
  };
}
