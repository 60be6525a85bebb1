/** Signals and cancel requests between workflows that are not related: semantics 35, rule 2. */
import { describe, expect, test } from 'vitest';
import { externalCancelCommand, externalSignalCommand, transferRequestId } from '../src/index.ts';
import { Run, blobOf, cancelExternal, signalExternal, startChild, succeed } from './run-driver.ts';

const notFound = 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';

describe('semantics 35', () => {
  test('a signal is delivered', () => {
    const run = Run.start().task(signalExternal('other'));
    expect(run.transfers).toEqual(['signalExternal']);
    run.externalOutcome().task(succeed);
    expect(run.story).toBe('S T XsI Xs T OK');
    expect(run.last('ExternalWorkflowExecutionSignaled')).toEqual({
      initiatedEventId: 5,
      workflowExecution: { workflowId: 'other', runId: undefined },
    });
    expect(run.transfers).toEqual([]);
  });

  test('a signal finds nobody', () => {
    const run = Run.start().task(signalExternal('other')).externalOutcome(notFound);
    expect(run.story).toBe('S T XsI XsF Ts');
    expect(run.last('SignalExternalWorkflowExecutionFailed')).toMatchObject({
      cause: notFound,
      initiatedEventId: 5,
      workflowTaskCompletedEventId: 4,
    });
  });

  test('a cancel request is delivered, or finds nobody', () => {
    const delivered = Run.start().task(cancelExternal('other')).externalOutcome();
    expect(delivered.story).toBe('S T XcI Xc Ts');
    const failed = Run.start().task(cancelExternal('other')).externalOutcome(notFound);
    expect(failed.story).toBe('S T XcI XcF Ts');
  });

  test('an outcome reported again is stale', () => {
    const run = Run.start().task(signalExternal('other')).externalOutcome();
    const again = { kind: 'recordExternalOutcome', initiatedEventId: 5 } as const;
    expect(run.apply(again)).toMatchObject([{ kind: 'rejected', reason: 'stale' }]);
    const busy = Run.start().task(signalExternal('other')).signal().takeTask().externalOutcome();
    expect(busy.apply(again)).toMatchObject([{ kind: 'rejected', reason: 'stale' }]);
    expect(busy.transfers).toEqual([]);
    busy.finishTask();
    expect(busy.story).toBe('S T XsI Sig T Xs Ts');
  });

  test('what a closing task sends is delivered after the close', () => {
    const run = Run.start().task(signalExternal('other'), succeed);
    expect(run.transfers).toEqual(['signalExternal']);
    run.externalOutcome();
    expect(run.story).toBe('S T XsI OK');
    expect(run.transfers).toEqual([]);
  });
});

describe('what the receiver gets', () => {
  test('a signal that says who sent it', () => {
    const sender = Run.start().task(signalExternal('other', 'hello'));
    const initiated = sender.history.at(-1)!;
    if (initiated.eventType !== 'SignalExternalWorkflowExecutionInitiated') throw new Error('?');
    const receiver = Run.start({ workflowId: 'other', runId: 'other-run' });
    receiver.ok(externalSignalCommand(sender.state, initiated));
    expect(receiver.last('WorkflowExecutionSignaled')).toMatchObject({
      signalName: 'hello',
      externalWorkflowExecution: { workflowId: 'workflow', runId: 'run' },
    });
    expect(transferRequestId(sender.state, initiated.eventId)).toBe('run:5');
  });

  test('a cancel request that says who asks', () => {
    const sender = Run.start().task(cancelExternal('other'));
    const initiated = sender.history.at(-1)!;
    if (initiated.eventType !== 'RequestCancelExternalWorkflowExecutionInitiated') {
      throw new Error('?');
    }
    const receiver = Run.start({ workflowId: 'other', runId: 'other-run' });
    receiver.ok(externalCancelCommand(sender.state, initiated));
    expect(receiver.last('WorkflowExecutionCancelRequested')).toMatchObject({
      externalInitiatedEventId: 5,
      externalWorkflowExecution: { workflowId: 'workflow', runId: 'run' },
    });
  });

  test('nothing, if it is for a child and this is none', () => {
    const parent = Run.start().task(startChild('child'));
    const child = parent.startChildRun();
    const stranger = Run.start({ workflowId: 'child', runId: 'stranger' });
    const onlyChildOf = { workflowId: 'workflow', runId: 'run' };
    const signal = { kind: 'signalWorkflow', signalName: 's', onlyChildOf } as const;
    const cancel = { kind: 'requestCancelWorkflow', onlyChildOf } as const;
    expect(child.apply(signal, cancel)).toEqual([{ kind: 'accepted' }, { kind: 'accepted' }]);
    const refused = { kind: 'rejected', reason: 'notFound' };
    expect(stranger.apply(signal, cancel)).toMatchObject([refused, refused]);
    expect(stranger.story).toBe('S Ts');
  });

  test('nothing, if it has closed', () => {
    const closed = Run.start().task(succeed);
    const signal = { kind: 'signalWorkflow', signalName: 's', input: blobOf('x') } as const;
    expect(closed.apply(signal)).toMatchObject([{ kind: 'rejected', reason: 'notFound' }]);
  });
});
