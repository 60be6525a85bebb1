import type { Info } from '@perdure/activity';

/** What an activity in a {@link MockActivityEnvironment} is told about itself. */
export const defaultActivityInfo: Info = {
  taskToken: new TextEncoder().encode('test'),
  base64TaskToken: Buffer.from('test').toString('base64'),
  activityId: 'test',
  activityType: 'unknown',
  namespace: 'default',
  taskQueue: 'test',
  attempt: 1,
  isLocal: false,
  inWorkflow: true,
  workflowExecution: { workflowId: 'test', runId: 'dead-beef' },
  workflowType: 'test',
  scheduledTimestampMs: 1,
  currentAttemptScheduledTimestampMs: 1,
  scheduleToCloseTimeoutMs: 1_000,
  startToCloseTimeoutMs: 1_000,
  heartbeatDetails: undefined,
};
