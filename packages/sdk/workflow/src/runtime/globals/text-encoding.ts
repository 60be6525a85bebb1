/** `TextEncoder`, `TextDecoder`, `atob` and `btoa`, giving out objects and errors of the sandbox. */
import type { HostFunctions } from '../host.ts';
import { domString } from './dom-string.ts';
import { defineGlobal } from './realm.ts';

/** Puts them in place. */
export function installTextEncoding(host: HostFunctions): void {
  defineGlobal('TextEncoder', textEncoderOf(host));
  defineGlobal('TextDecoder', textDecoderOf(host));
  defineGlobal('atob', (text: unknown) => inOwnError(() => host.atob(domString(text))));
  defineGlobal('btoa', (text: unknown) => inOwnError(() => host.btoa(domString(text))));
}

function textEncoderOf(host: HostFunctions) {
  return class TextEncoder {
    get encoding(): string {
      return 'utf-8';
    }

    encode(text: unknown = ''): Uint8Array {
      const bytes = host.encodeUtf8(domString(text));
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
  };
}

function textDecoderOf(host: HostFunctions) {
  return class TextDecoder {
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;

    constructor(
      encoding: unknown = 'utf-8',
      options: { fatal?: boolean; ignoreBOM?: boolean } = {},
    ) {
      this.encoding = domString(encoding);
      this.fatal = options.fatal ?? false;
      this.ignoreBOM = options.ignoreBOM ?? false;
    }

    decode(bytes?: ArrayBufferView | ArrayBuffer): string {
      return inOwnError(() =>
        host.decodeText(bytesOf(bytes), this.encoding, this.fatal, this.ignoreBOM),
      );
    }
  };
}

function bytesOf(input: ArrayBufferView | ArrayBuffer | undefined): Uint8Array {
  if (input === undefined) return new Uint8Array(0);
  if (!ArrayBuffer.isView(input)) return new Uint8Array(input);
  return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
}

/** Errors of the host are of classes that workflow code cannot name. */
function inOwnError<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new TypeError((error as Error).message);
  }
}
