/** `Math.random` and `crypto` on the run's own random numbers. */
import { currentRun } from '../current-run.ts';
import { randomUuid } from '../random.ts';
import { defineGlobal } from './realm.ts';

/** Replaces both. */
export function installRandomness(): void {
  Object.defineProperty(Math, 'random', {
    value: () => currentRun('Math.random()').random.nextFloat(),
    writable: true,
    configurable: true,
  });
  defineGlobal('crypto', {
    randomUUID: () => randomUuid(currentRun('crypto.randomUUID()').random),
    getRandomValues,
  });
}

function getRandomValues<T>(target: T): T {
  if (!ArrayBuffer.isView(target)) {
    throw new TypeError(`crypto.getRandomValues() wants a typed array; got ${typeof target}`);
  }
  const { random } = currentRun('crypto.getRandomValues()');
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.nextUint32() & 0xff;
  return target;
}
