/**
 * Follows the current cancellation scope across promises, by V8's promise hooks.
 *
 * Hooks see every promise of the thread, so they are switched on only when the first run enters
 * a scope of its own; promises from before then belong to the root scope, which needs no mark. One
 * frame serves all sandboxes of a thread, because activations are synchronous.
 */
import { promiseHooks } from 'node:v8';
import type { HostFunctions } from '@perdure/workflow/runtime';

const FRAME = Symbol('perdure.asyncFrame');

type Marked = Promise<unknown> & { [FRAME]?: unknown };

const frame: { current: unknown } = { current: undefined };
let enabled = false;

/** See the head of this file. */
export const asyncTracking: HostFunctions['asyncTracking'] = {
  frame,
  enable() {
    if (enabled) return;
    enabled = true;
    promiseHooks.createHook({
      init(promise: Marked) {
        if (frame.current !== undefined) promise[FRAME] = frame.current;
      },
      before(promise: Marked) {
        frame.current = promise[FRAME];
      },
      after() {
        frame.current = undefined;
      },
    });
  },
};
