/** `URL` and `URLSearchParams`: the host's parser behind classes of the sandbox. */
import type { HostFunctions, HostUrl, HostUrlSearchParams } from '../host.ts';
import { defineGlobal } from './realm.ts';
import { domString } from './dom-string.ts';

type UrlPart = Exclude<keyof HostUrl, 'searchParams' | 'origin'>;

const parts: readonly UrlPart[] = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
];

/** Puts both in place. */
export function installUrl(host: HostFunctions): void {
  const UrlSearchParams = urlSearchParamsOf(host);
  defineGlobal('URLSearchParams', UrlSearchParams);
  defineGlobal('URL', urlOf(host, UrlSearchParams));
}

type SearchParamsClass = ReturnType<typeof urlSearchParamsOf>;

function urlOf(host: HostFunctions, UrlSearchParams: SearchParamsClass) {
  class URL {
    readonly #url: HostUrl;
    readonly #searchParams: InstanceType<SearchParamsClass>;

    constructor(url: unknown, base?: unknown) {
      const parsed = host.parseUrl(
        domString(url),
        base === undefined ? undefined : domString(base),
      );
      if (!parsed) throw invalidUrl(domString(url));
      this.#url = parsed;
      this.#searchParams = UrlSearchParams.around(parsed.searchParams);
    }

    static canParse(url: unknown, base?: unknown): boolean {
      const on = base === undefined ? undefined : domString(base);
      return host.parseUrl(domString(url), on) !== undefined;
    }

    static {
      for (const part of parts) {
        Object.defineProperty(this.prototype, part, {
          get(this: URL) {
            return this.#url[part];
          },
          set(this: URL, value: unknown) {
            try {
              this.#url[part] = domString(value);
            } catch {
              throw invalidUrl(domString(value));
            }
          },
          enumerable: true,
          configurable: true,
        });
      }
    }

    get origin(): string {
      return this.#url.origin;
    }

    get searchParams(): InstanceType<SearchParamsClass> {
      return this.#searchParams;
    }

    toString(): string {
      return this.#url.href;
    }

    toJSON(): string {
      return this.#url.href;
    }
  }
  return URL;
}

function urlSearchParamsOf(host: HostFunctions) {
  return class URLSearchParams {
    #params: HostUrlSearchParams;

    constructor(init?: unknown) {
      this.#params = host.urlSearchParams(initOf(init));
    }

    /** @internal The view of a URL's own parameters. */
    static around(params: HostUrlSearchParams): URLSearchParams {
      const view = new this();
      view.#params = params;
      return view;
    }

    get size(): number {
      return this.#params.size;
    }
    append(name: unknown, value: unknown): void {
      this.#params.append(domString(name), domString(value));
    }
    delete(name: unknown, value?: unknown): void {
      this.#params.delete(domString(name), value === undefined ? undefined : domString(value));
    }
    get(name: unknown): string | null {
      return this.#params.get(domString(name));
    }
    getAll(name: unknown): string[] {
      return [...this.#params.getAll(domString(name))];
    }
    has(name: unknown, value?: unknown): boolean {
      return this.#params.has(domString(name), value === undefined ? undefined : domString(value));
    }
    set(name: unknown, value: unknown): void {
      this.#params.set(domString(name), domString(value));
    }
    sort(): void {
      this.#params.sort();
    }
    toString(): string {
      return this.#params.toString();
    }
    forEach(callback: (value: string, name: string, params: unknown) => void): void {
      for (const [name, value] of this) callback(value, name, this);
    }
    *entries(): Generator<[string, string]> {
      const entries = this.#params.entries();
      for (let next = entries.next(); !next.done; next = entries.next()) {
        yield [next.value[0], next.value[1]];
      }
    }
    *keys(): Generator<string> {
      for (const [name] of this) yield name;
    }
    *values(): Generator<string> {
      for (const [, value] of this) yield value;
    }
    [Symbol.iterator](): Generator<[string, string]> {
      return this.entries();
    }
  };
}

function initOf(init: unknown): string | [string, string][] {
  if (init === undefined || init === null) return '';
  if (typeof init !== 'object') return domString(init);
  const pairs = Symbol.iterator in init ? (init as Iterable<unknown>) : Object.entries(init);
  return [...pairs].map((pair) => {
    const [name, value] = pair as [unknown, unknown];
    return [domString(name), domString(value)];
  });
}

function invalidUrl(input: string): TypeError {
  const error = new TypeError('Invalid URL');
  return Object.assign(error, { code: 'ERR_INVALID_URL', input });
}
