/** What would come out otherwise on replay, or not stop at the sandbox's wall: taken away. */
import { DeterminismViolationError } from '../../errors.ts';
import { defineGlobal, removeGlobal } from './realm.ts';

/** What the garbage collector, other threads or background compilation decide. */
const removed = ['Atomics', 'SharedArrayBuffer', 'WebAssembly', 'gc'];

/** Memory of the realm, not of a run: `RegExp.$1` and its kin. */
const legacyRegExp = [
  'input lastMatch lastParen leftContext rightContext',
  "$_ $& $+ $` $'",
  '$1 $2 $3 $4 $5 $6 $7 $8 $9',
].flatMap((names) => names.split(' '));

/** Takes them away. */
export function refuseGlobals(): void {
  for (const name of removed) removeGlobal(name);
  for (const name of legacyRegExp) delete (RegExp as unknown as Record<string, unknown>)[name];
  for (const name of ['WeakRef', 'FinalizationRegistry']) {
    defineGlobal(name, function refused(): never {
      throw new DeterminismViolationError(
        `${name} cannot be used in workflow code, because the garbage collector decides what it ` +
          'does and replay would differ; hold the value itself, or use WeakMap or WeakSet',
      );
    });
  }
}

const instead: Readonly<Record<string, string>> = {
  fetch: 'call it from an activity',
  XMLHttpRequest: 'call it from an activity',
  WebSocket: 'use it in an activity',
  process: 'pass what you need as an argument of the workflow, or read it in an activity',
  require: 'use import; Node built-ins belong in activities',
  Buffer: 'use Uint8Array, TextEncoder, atob and btoa',
  performance: 'use Date.now(), which is workflow time',
  setInterval: 'use a loop with sleep()',
  clearInterval: 'use a loop with sleep()',
  setImmediate: 'use queueMicrotask() or sleep()',
  clearImmediate: 'use queueMicrotask() or sleep()',
  WebAssembly: 'use it in an activity',
  SharedArrayBuffer: 'use ArrayBuffer',
  Atomics: 'runs of a workflow share no memory',
};

/** Completes the message of a ReferenceError for a global that workflow code cannot have. */
export function explainReferenceError(error: unknown): void {
  if (!(error instanceof ReferenceError)) return;
  const name = /^(\w+) is not defined$/.exec(error.message)?.[1];
  const hint = name !== undefined && Object.hasOwn(instead, name) ? instead[name] : undefined;
  if (hint === undefined) return;
  const message = `${error.message} in workflow code: ${hint}`;
  error.stack = error.stack?.replace(error.message, () => message);
  error.message = message;
}
