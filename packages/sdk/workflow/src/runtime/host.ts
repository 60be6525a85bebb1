/**
 * What the sandbox takes from the host: functions without state, and nothing that tells time or
 * tosses a coin, except {@link HostFunctions.realNow}, which only `unsafe.now()` shows.
 *
 * User code never holds one of these; the globals built on them return objects of the sandbox.
 */
import type { AsyncTracking } from './async-frame.ts';

/** A host `URL`, seen through the parts that the sandbox's `URL` passes on. */
export interface HostUrl {
  href: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  readonly origin: string;
  readonly searchParams: HostUrlSearchParams;
}

/** A host `URLSearchParams`. */
export interface HostUrlSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  entries(): Iterator<[string, string]>;
}

/** See the head of this file. */
export interface HostFunctions {
  /** Wall clock, milliseconds since the Unix epoch. Not deterministic. */
  realNow(): number;
  /** Renders console arguments as Node's console would. */
  formatLog(args: readonly unknown[]): string;
  encodeUtf8(text: string): Uint8Array;
  /** @throws (host realm) on an unknown encoding, or on malformed bytes when `fatal` */
  decodeText(bytes: Uint8Array, encoding: string, fatal: boolean, ignoreBom: boolean): string;
  atob(text: string): string;
  btoa(text: string): string;
  /** `undefined` when it is not a URL. */
  parseUrl(url: string, base: string | undefined): HostUrl | undefined;
  urlSearchParams(init: string | [string, string][]): HostUrlSearchParams;
  readonly asyncTracking: AsyncTracking;
}
