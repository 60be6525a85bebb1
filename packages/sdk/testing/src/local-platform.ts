/** A real platform of an environment's own: Postgres, broker and gateway, removed in the end. */
import { IllegalStateError } from '@perdure/common';
import type * as Embedded from '@perdure/embedded';
import type { LocalTestWorkflowEnvironmentOptions } from './environment-options.ts';
import { realTime } from './real-time.ts';
import type { OwnPlatform } from './test-platform.ts';

/**
 * @throws IllegalStateError when `@perdure/embedded` is not installed
 * @throws ServiceError of `@perdure/embedded` when the platform cannot start
 */
export async function startLocalPlatform(
  settings: { readonly namespace: string; readonly sealed: boolean },
  { port = 0, databaseUrl, redisUrl }: NonNullable<LocalTestWorkflowEnvironmentOptions['server']>,
): Promise<OwnPlatform> {
  const { startEmbedded } = await loadEmbedded();
  const services = { databaseUrl, redisUrl };
  const embedded = await startEmbedded({ ...settings, ...services, port, ephemeral: true });
  const { address, apiKey } = embedded;
  return { ...realTime, address, apiKey, close: () => embedded.close() };
}

async function loadEmbedded(): Promise<typeof Embedded> {
  try {
    return await import('@perdure/embedded');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new IllegalStateError(
      'createLocal() wants the package @perdure/embedded, which is not installed: ' +
        'npm install --save-dev @perdure/embedded, or use createTimeSkipping(), which needs nothing',
      { cause: error },
    );
  }
}
