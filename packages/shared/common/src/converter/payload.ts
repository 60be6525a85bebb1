import type { RetryState, TimeoutType } from '../enums.ts';
import type { ApplicationFailureCategory } from '../failure.ts';

/** One value in byte form; `metadata.encoding` names its converter (UTF-8 bytes). */
export interface Payload {
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  readonly data: Uint8Array;
}

/** What kind of failure it is, with the facts of that kind; payloads open. */
export type DecodedFailureInfo =
  | {
      readonly kind: 'application';
      readonly type?: string;
      readonly nonRetryable?: boolean;
      readonly details?: readonly Payload[];
      readonly nextRetryDelayMs?: number;
      readonly category?: ApplicationFailureCategory;
    }
  | {
      readonly kind: 'timeout';
      readonly timeoutType: TimeoutType;
      readonly lastHeartbeatDetails?: readonly Payload[];
    }
  | { readonly kind: 'canceled'; readonly details?: readonly Payload[] }
  | { readonly kind: 'terminated'; readonly identity?: string }
  | { readonly kind: 'server'; readonly nonRetryable?: boolean }
  | {
      readonly kind: 'activity';
      readonly activityType: string;
      readonly activityId?: string;
      readonly scheduledEventId?: number;
      readonly startedEventId?: number;
      readonly retryState?: RetryState;
      readonly identity?: string;
    }
  | {
      readonly kind: 'childWorkflow';
      readonly namespace?: string;
      readonly workflowId: string;
      readonly runId?: string;
      readonly workflowType: string;
      readonly initiatedEventId?: number;
      readonly startedEventId?: number;
      readonly retryState?: RetryState;
    };

/**
 * A failure between its error object and its travel form: converted, not yet sealed. Mirrors
 * protocol's `Failure`, with payload lists where that has blobs.
 */
export interface DecodedFailure {
  readonly message?: string;
  readonly stackTrace?: string;
  readonly source?: string;
  readonly info: DecodedFailureInfo;
  readonly cause?: DecodedFailure;
}
