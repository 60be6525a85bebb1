/**
 * Imported before everything else in the sandbox: `@perdure/common` encodes text while it loads.
 * Takes the host's functions from where the host left them for the duration of the loading.
 */
import type { HostFunctions } from '../host.ts';
import { realm, removeGlobal } from './realm.ts';
import { installTextEncoding } from './text-encoding.ts';

/** What the host gave this sandbox. */
export const host = realm['__perdureHost'] as HostFunctions;
removeGlobal('__perdureHost');
installTextEncoding(host);
