/** Furnishes a new sandbox. */
import { setAsyncTracking } from '../async-frame.ts';
import type { HostFunctions } from '../host.ts';
import { installAbort } from './abort.ts';
import { installConsole } from './console.ts';
import { installDate } from './date.ts';
import { freezeSharedObjects } from './freeze.ts';
import { installRandomness } from './randomness.ts';
import { setRealClock } from './real-time.ts';
import { refuseGlobals } from './refused.ts';
import { installStructuredClone } from './structured-clone.ts';
import { installTimers } from './timers.ts';
import { installUrl } from './url.ts';

/** Puts the deterministic globals in place of the others, then freezes what runs share. */
export function furnish(host: HostFunctions, modules: readonly object[]): void {
  setAsyncTracking(host.asyncTracking);
  setRealClock(() => host.realNow());
  installDate();
  installRandomness();
  installTimers();
  installConsole((args) => host.formatLog(args));
  installUrl(host);
  installAbort();
  installStructuredClone();
  refuseGlobals();
  // A module's exports sit behind getters of its namespace object.
  freezeSharedObjects(modules.flatMap((module) => [module, ...Object.values(module)]));
}
