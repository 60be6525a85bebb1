import type { CompiledRetryPolicy, Priority } from '@perdure/common';

/** Facts about the running attempt. Times are milliseconds since the Unix epoch. */
export interface Info {
  /** Opaque; names this attempt for completion from elsewhere. */
  readonly taskToken: Uint8Array;
  /** {@link taskToken} in base64. */
  readonly base64TaskToken: string;
  readonly activityId: string;
  readonly activityType: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Whether it runs inside a workflow task. */
  readonly isLocal: boolean;
  /** Whether a workflow asked for it. */
  readonly inWorkflow: boolean;
  readonly workflowExecution: { readonly workflowId: string; readonly runId: string };
  readonly workflowType: string;
  readonly scheduledTimestampMs: number;
  /** When this attempt was scheduled: the same as above for the first. */
  readonly currentAttemptScheduledTimestampMs: number;
  /** 0 when there is none. */
  readonly scheduleToCloseTimeoutMs: number;
  /** 0 when there is none. */
  readonly startToCloseTimeoutMs: number;
  readonly heartbeatTimeoutMs?: number;
  /** What the last attempt gave to its last heartbeat that reached the server. */
  // oxlint-disable-next-line typescript/no-explicit-any -- only the activity knows what it was
  readonly heartbeatDetails: any;
  readonly retryPolicy?: CompiledRetryPolicy;
  /** The workflow's, where the activity was given none; undefined for local activities. */
  readonly priority?: Priority;
}
