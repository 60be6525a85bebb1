/** What a test environment needs of the platform it runs on, whichever that is. */
export interface TestPlatform {
  /** `host:port`. */
  readonly address: string;
  /** A secret. */
  readonly apiKey?: string;
  /** The platform's time, in milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Resolves when that much of the platform's time has passed.
   *
   * @param attempt the attempt of an activity that sleeps, as `attemptName` names it
   */
  sleep(ms: number, attempt: string | undefined): Promise<void>;
  /** Ends what was started for the environment. */
  close(): Promise<void>;
}

/** A platform that was started for the environment. */
export interface OwnPlatform extends TestPlatform {
  /** Of the environment's namespace. */
  readonly apiKey: string;
}
