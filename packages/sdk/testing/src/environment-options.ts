/** What the test environments can be told; nothing is required. */
import type { ClientOptions } from '@perdure/client';
import type { Logger } from '@perdure/common';

/** Options of the environment's client. Connection and namespace are the environment's. */
export type ClientOptionsForTestEnv = Omit<ClientOptions, 'connection' | 'namespace'>;

/** What all kinds of environments take. */
export interface TestWorkflowEnvironmentOptions {
  /**
   * Of the environment's client. Its key ring is that of the workers on `nativeConnection` too;
   * null has payloads travel in the clear.
   */
  client?: ClientOptionsForTestEnv;
}

/** Options of an environment that has a platform of its own. */
export interface OwnPlatformOptions extends TestWorkflowEnvironmentOptions {
  /** Default `default`. */
  namespace?: string;
}

/** Options of `TestWorkflowEnvironment.createTimeSkipping`. */
export interface TimeSkippingTestWorkflowEnvironmentOptions extends OwnPlatformOptions {
  /** Where the platform logs. Default: nowhere. */
  logger?: Logger;
}

/** Options of `TestWorkflowEnvironment.createLocal`. */
export interface LocalTestWorkflowEnvironmentOptions extends OwnPlatformOptions {
  /** What the platform is made of. */
  server?: {
    /** Port of the gateway. Default: a free one. */
    port?: number;
    /** `postgres://` of a database to use. Default DATABASE_URL, else a private Postgres. */
    databaseUrl?: string;
    /** `redis://` of a Redis to use. Default REDIS_URL, else a private one or none. */
    redisUrl?: string;
  };
}

/** Options of `TestWorkflowEnvironment.createFromExistingServer`. */
export interface ExistingServerTestWorkflowEnvironmentOptions extends TestWorkflowEnvironmentOptions {
  /** `host:port` or a URL. Default: PERDURE_ADDRESS, else `localhost:7233`. */
  address?: string;
  /** Default: PERDURE_NAMESPACE, else `default`. */
  namespace?: string;
  /** Default: PERDURE_API_KEY. */
  apiKey?: string;
}
