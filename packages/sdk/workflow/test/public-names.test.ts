/** What workflow code imports: every value by name and kind, and the types that matter most. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as workflow from '../src/index.ts';

const kinds: Record<string, string> = {
  ActivityCancellationType: 'object',
  ActivityFailure: 'function',
  ApplicationFailure: 'function',
  AsyncLocalStorage: 'function',
  CancellationScope: 'function',
  CancelledFailure: 'function',
  ChildWorkflowCancellationType: 'object',
  ChildWorkflowFailure: 'function',
  ContinueAsNew: 'function',
  DeterminismViolationError: 'function',
  IllegalStateError: 'function',
  ParentClosePolicy: 'object',
  PayloadConverterError: 'function',
  RetryState: 'object',
  SearchAttributeType: 'object',
  ServerFailure: 'function',
  TemporalFailure: 'function',
  TerminatedFailure: 'function',
  TimeoutFailure: 'function',
  TimeoutType: 'object',
  Trigger: 'function',
  TypedSearchAttributes: 'function',
  ValueError: 'function',
  VersioningBehavior: 'object',
  WorkflowError: 'function',
  WorkflowExecutionAlreadyStartedError: 'function',
  WorkflowIdConflictPolicy: 'object',
  WorkflowIdReusePolicy: 'object',
  allHandlersFinished: 'function',
  condition: 'function',
  continueAsNew: 'function',
  currentUpdateInfo: 'function',
  defaultPayloadConverter: 'object',
  defineQuery: 'function',
  defineSearchAttributeKey: 'function',
  defineSignal: 'function',
  defineUpdate: 'function',
  deprecatePatch: 'function',
  enhancedStackTraceQuery: 'object',
  executeChild: 'function',
  getCurrentDetails: 'function',
  getExternalWorkflowHandle: 'function',
  inWorkflowContext: 'function',
  isCancellation: 'function',
  log: 'object',
  makeContinueAsNewFunc: 'function',
  metricMeter: 'object',
  patched: 'function',
  proxyActivities: 'function',
  proxyLocalActivities: 'function',
  proxySinks: 'function',
  rootCause: 'function',
  scheduleActivity: 'function',
  scheduleLocalActivity: 'function',
  setCurrentDetails: 'function',
  setDefaultQueryHandler: 'function',
  setDefaultSignalHandler: 'function',
  setDefaultUpdateHandler: 'function',
  setHandler: 'function',
  setWorkflowOptions: 'function',
  sleep: 'function',
  stackTraceQuery: 'object',
  startChild: 'function',
  upsertMemo: 'function',
  upsertSearchAttributes: 'function',
  uuid4: 'function',
  workflowInfo: 'function',
  workflowMetadataQuery: 'object',
};

describe('what workflow code imports', () => {
  it('is there, by its name', () => {
    const fields: Record<string, unknown> = workflow;
    const found = Object.keys(kinds).map((name) => [name, typeof fields[name]]);
    expect(Object.fromEntries(found)).toEqual(kinds);
  });

  it('has the types that programs name', () => {
    expectTypeOf<workflow.WorkflowInfo['currentBuildId']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<workflow.WorkflowInfo['currentDeploymentVersion']>().toEqualTypeOf<
      workflow.WorkerDeploymentVersion | undefined
    >();
    expectTypeOf<workflow.WorkflowInfo['priority']>().toEqualTypeOf<
      workflow.Priority | undefined
    >();
    expectTypeOf(workflow.metricMeter).toExtend<workflow.MetricMeter>();
    expectTypeOf<workflow.WorkflowOutboundCallsInterceptor>().toHaveProperty('getMetricTags');
    expectTypeOf<workflow.WorkflowOutboundCallsInterceptor>().toHaveProperty('getLogAttributes');
    expectTypeOf<workflow.WorkflowDefinitionOptions['versioningBehavior']>().toEqualTypeOf<
      workflow.VersioningBehavior | undefined
    >();
  });
});

describe('the meter', () => {
  it('makes metrics anywhere, and is written to only in a workflow', () => {
    const counter = workflow.metricMeter.withTags({ a: 1 }).createCounter('orders', 'order', 'all');
    expect(counter).toMatchObject({ name: 'orders', unit: 'order', kind: 'counter' });
    expect(() => counter.add(1)).toThrow(workflow.IllegalStateError);
    expect(() => counter.add(-1)).toThrow(RangeError);
  });
});
