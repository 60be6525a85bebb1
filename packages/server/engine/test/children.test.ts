/** Children and their parents: semantics 29-34, rule 2. */
import { describe, expect, test } from 'vitest';
import {
  childStartedCommand,
  childrenToClose,
  decodeState,
  encodeState,
  knowsChild,
} from '../src/index.ts';
import {
  Run,
  applicationFailure,
  attempts,
  blobOf,
  cancelExternal,
  confirmCancel,
  continueAsNew,
  fail,
  signalExternal,
  startChild,
  startTimer,
  succeed,
} from './run-driver.ts';

describe('a child', () => {
  test('semantics 30: completes', () => {
    const parent = Run.start().task(startChild('child', { input: blobOf('in') }));
    expect(parent.transfers).toEqual(['startChild']);
    const child = parent.startChildRun();
    expect(parent.transfers).toEqual([]);
    child.task(succeed);
    expect(child.transfers).toEqual(['notifyParent']);
    parent.task().childClosed(child).task(succeed);
    expect(parent.story).toBe('S T CI CS T CC T OK');
    expect(parent.last('ChildWorkflowExecutionCompleted')).toEqual({
      workflowExecution: { workflowId: 'child', runId: 'child-run' },
      workflowType: 'Child',
      initiatedEventId: 5,
      startedEventId: 6,
      result: blobOf('result'),
    });
  });

  test('knows its parent and the top of the tree', () => {
    const top = Run.start().task(startChild('child', { taskQueue: 'elsewhere' }));
    const child = top.startChildRun().task(startChild('grandchild'));
    const grandchild = child.startChildRun('grandchild-run');
    expect(child.last('WorkflowExecutionStarted')).toMatchObject({
      taskQueue: 'elsewhere',
      parentWorkflowExecution: { workflowId: 'workflow', runId: 'run' },
      parentInitiatedEventId: 5,
      rootWorkflowExecution: { workflowId: 'workflow', runId: 'run' },
    });
    expect(grandchild.state).toMatchObject({
      taskQueue: 'elsewhere',
      parent: { workflowId: 'child', runId: 'child-run', initiatedEventId: 5 },
      root: { workflowId: 'workflow', runId: 'run' },
    });
  });

  test('takes over what it is not given of its parent’s priority', () => {
    const parent = Run.start({ priority: { priorityKey: 1, fairnessKey: 'shop' } });
    parent.task(startChild('child', { priority: { priorityKey: 4 } }));
    const child = parent.startChildRun();
    expect(child.last('WorkflowExecutionStarted').priority).toEqual({
      priorityKey: 4,
      fairnessKey: 'shop',
    });
    expect(decodeState(encodeState(child.state)).priority).toEqual(child.state.priority);
  });

  test('semantics 31: fails, and says why it was not tried again', () => {
    const parent = Run.start().task(startChild('child', { retryPolicy: attempts(1) }));
    const child = parent.startChildRun().task(fail(applicationFailure('broken')));
    parent.task().childClosed(child);
    expect(parent.story).toBe('S T CI CS T CX Ts');
    expect(parent.last('ChildWorkflowExecutionFailed')).toMatchObject({
      failure: { message: 'broken' },
      retryState: 'MAXIMUM_ATTEMPTS_REACHED',
    });
  });

  test('semantics 31: is terminated, times out, is cancelled', () => {
    const ends: readonly ((child: Run) => unknown)[] = [
      (child) => child.ok({ kind: 'terminateWorkflow' }),
      (child) => child.sleep(5_000),
      (child) => child.requestCancel().task(confirmCancel),
    ];
    const stories = ends.map((end) => {
      const parent = Run.start().task(startChild('child', { workflowRunTimeoutMs: 5_000 }));
      const child = parent.startChildRun();
      end(child);
      return parent.task().childClosed(child).story;
    });
    expect(stories).toEqual(['S T CI CS T Cte Ts', 'S T CI CS T Cto Ts', 'S T CI CS T Ccn Ts']);
  });

  test('semantics 32: cannot start because its id is in use', () => {
    const parent = Run.start().task(startChild('child'));
    parent.ok({
      kind: 'recordChildStartFailed',
      initiatedEventId: 5,
      cause: 'WORKFLOW_ALREADY_EXISTS',
    });
    parent.task(succeed);
    expect(parent.story).toBe('S T CI CF T OK');
    expect(parent.last('StartChildWorkflowExecutionFailed')).toEqual({
      workflowId: 'child',
      workflowType: 'Child',
      cause: 'WORKFLOW_ALREADY_EXISTS',
      initiatedEventId: 5,
      workflowTaskCompletedEventId: 4,
    });
  });

  test('semantics 34: that continues as new and is retried is one child with one end', () => {
    const parent = Run.start().task(startChild('child', { retryPolicy: attempts(2) }));
    const first = parent.startChildRun().task(continueAsNew());
    expect(first.transfers).toEqual([]);
    const second = first.next();
    second.sleep(1_000).task(fail());
    expect(second.transfers).toEqual([]);
    const third = second.next();
    third.sleep(1_000).task(succeed);
    expect(third.transfers).toEqual(['notifyParent']);
    parent.task().childClosed(third);
    expect(parent.story).toBe('S T CI CS T CC Ts');
    const { workflowExecution } = parent.last('ChildWorkflowExecutionCompleted');
    expect(workflowExecution.runId).toBe('child-run');
  });

  test('that ends before its start is reported starts and ends in one', () => {
    const parent = Run.start().task(startChild('child'));
    parent.childClosed(parent.startUnreportedChild().ok({ kind: 'terminateWorkflow' }));
    expect(parent.story).toBe('S T CI CS Cte Ts');
    expect(parent.last('ChildWorkflowExecutionTerminated').startedEventId).toBe(6);
    expect(parent.transfers).toEqual([]);
  });

  test('does not begin before its parent has recorded its start, whatever comes', () => {
    const parent = Run.start().task(startChild('child', { cronSchedule: '0 * * * *' }));
    const child = parent.startUnreportedChild();
    expect(child.transfers).toEqual(['reportStart']);
    child
      .signal()
      .requestCancel()
      .update('u')
      .sleep(2 * 3_600_000);
    expect(child.story).toBe('S Sig CR');
    expect(knowsChild(parent.state, child.state)).toBe(false);
    parent.ok(childStartedCommand(child.state)!);
    expect(knowsChild(parent.state, child.state)).toBe(true);
    child.ok({ kind: 'beginChild' });
    expect(child.transfers).toEqual([]);
    expect(child.apply({ kind: 'beginChild' })).toMatchObject([{ reason: 'stale' }]);
    child.sleep(0);
    expect(child.story).toBe('S Sig CR Ts');
    expect(decodeState(encodeState(child.state)).awaitsParent).toBe(false);
  });

  test('that is followed by another run before it began hands on the wait', () => {
    const options = { workflowRunTimeoutMs: 5_000, retryPolicy: attempts(3) };
    const parent = Run.start().task(startChild('child', options));
    const first = parent.startUnreportedChild().sleep(5_000);
    const second = first.next().sleep(2_000);
    expect([first.transfers, second.transfers]).toEqual([[], ['reportStart']]);
    expect([first.story, second.story]).toEqual(['S TO', 'S']);
    parent.ok(childStartedCommand(second.state)!);
    expect(knowsChild(parent.state, second.state)).toBe(true);
    expect(second.ok({ kind: 'beginChild' }).sleep(0).story).toBe('S Ts');
  });

  test('reported again is stale and does no harm', () => {
    const parent = Run.start().task(startChild('child'));
    const child = parent.startChildRun().task(succeed);
    const again = { kind: 'recordChildStarted', initiatedEventId: 5, childRunId: 'x' } as const;
    const failed = {
      kind: 'recordChildStartFailed',
      initiatedEventId: 5,
      cause: 'WORKFLOW_ALREADY_EXISTS',
    } as const;
    const stale = { kind: 'rejected', reason: 'stale' };
    expect(parent.apply(again, failed)).toMatchObject([stale, stale]);
    parent.childClosed(child);
    const closed = {
      ...again,
      kind: 'recordChildClosed',
      outcome: { status: 'TERMINATED' },
    } as const;
    expect(parent.apply(closed, again)).toMatchObject([stale, stale]);
    expect(parent.story).toBe('S T CI CS Ts CC');
  });

  test('of another chain of runs under its id does not end it', () => {
    const parent = Run.start().task(startChild('child')).childStarted('mine');
    const [outcome] = parent.apply({
      kind: 'recordChildClosed',
      initiatedEventId: 5,
      childRunId: 'another',
      outcome: { status: 'COMPLETED' },
    });
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'stale' });
  });
});

describe('rule 2: under a started task', () => {
  test('start and end wait, starts before ends, and reports stay idempotent', () => {
    const parent = Run.start().task(startChild('a'), startChild('b')).signal().takeTask();
    const report = { initiatedEventId: 5, childRunId: 'a-run' } as const;
    const outcome = { status: 'COMPLETED' } as const;
    parent.ok({ kind: 'recordChildStarted', ...report });
    parent.ok({ kind: 'recordChildClosed', ...report, outcome });
    parent.ok({ kind: 'recordChildStarted', initiatedEventId: 6, childRunId: 'b-run' });
    const stale = { kind: 'rejected', reason: 'stale' };
    expect(
      parent.apply(
        { kind: 'recordChildStarted', ...report },
        { kind: 'recordChildClosed', ...report, outcome },
      ),
    ).toMatchObject([stale, stale]);
    expect(decodeState(encodeState(parent.state)).children.get(5)).toEqual(
      parent.state.children.get(5),
    );
    parent.finishTask();
    expect(parent.story).toBe('S T CI CI Sig T CS CS CC Ts');
    expect(parent.last('ChildWorkflowExecutionCompleted').startedEventId).toBe(11);
  });

  test('rule 5: a child that ended keeps the run from closing unseen', () => {
    const parent = Run.start().task(startChild('child'));
    const child = parent.startChildRun().task(succeed);
    parent.takeTask().childClosed(child);
    expect(parent.finishTask(succeed)).toMatchObject({ kind: 'taskFailed' });
    expect(parent.story).toBe('S T CI CS Tf CC Ts');
  });
});

describe('semantics 33: when the parent closes', () => {
  const threeChildren = (): Run => {
    const policies = ['TERMINATE', 'REQUEST_CANCEL', 'ABANDON'] as const;
    const commands = policies.map((parentClosePolicy) =>
      startChild(parentClosePolicy, { parentClosePolicy }),
    );
    const parent = Run.start().task(...commands);
    for (const policy of policies) parent.startChildRun(`${policy}-run`);
    return parent;
  };

  test.each([
    ['completes', (parent: Run) => parent.task(succeed)],
    ['fails', (parent: Run) => parent.task(fail())],
    ['is terminated', (parent: Run) => parent.ok({ kind: 'terminateWorkflow' })],
  ])('it %s: children are closed as their policies say', (_, close) => {
    const parent = close(threeChildren());
    expect(parent.transfers).toEqual(['closeChildren']);
    expect(childrenToClose(parent.state)).toMatchObject([
      { workflowId: 'TERMINATE', parentClosePolicy: 'TERMINATE', runId: 'TERMINATE-run' },
      { workflowId: 'REQUEST_CANCEL', parentClosePolicy: 'REQUEST_CANCEL' },
    ]);
    const acknowledge = { kind: 'acknowledgeTransfer', transfer: 'closeChildren' } as const;
    parent.ok(acknowledge);
    expect(parent.transfers).toEqual([]);
    expect(parent.apply(acknowledge)).toMatchObject([{ kind: 'rejected', reason: 'stale' }]);
  });

  test('it continues as new: children go on', () => {
    const parent = threeChildren().task(continueAsNew());
    expect(parent.transfers).toEqual([]);
    expect(childrenToClose(parent.state)).toEqual([]);
  });

  test('a child whose start is not recorded is never started, nor is it reported any more', () => {
    const parent = Run.start()
      .task(startChild('child', { parentClosePolicy: 'ABANDON' }))
      .signal()
      .task(succeed);
    expect(parent.transfers).toEqual([]);
    const report = { kind: 'recordChildStarted', initiatedEventId: 5, childRunId: 'x' } as const;
    expect(parent.apply(report)).toMatchObject([{ kind: 'rejected', reason: 'notFound' }]);
  });

  test('a parent that is a child itself owes both', () => {
    const top = Run.start().task(startChild('middle'));
    const middle = top.startChildRun().task(startChild('leaf'));
    middle.startChildRun('leaf-run');
    middle.task(succeed);
    expect(middle.transfers).toEqual(['notifyParent', 'closeChildren']);
    middle.ok({ kind: 'acknowledgeTransfer', transfer: 'notifyParent' });
    expect(middle.transfers).toEqual(['closeChildren']);
  });
});

describe('a message to a child', () => {
  test('waits for the start of the child', () => {
    const parent = Run.start().task(startChild('child'), signalExternal('child', 'hello', true));
    expect(parent.transfers).toEqual(['startChild']);
    parent.childStarted();
    expect(parent.transfers).toEqual(['signalExternal']);
  });

  test('finds out if there will be no child', () => {
    const parent = Run.start().task(startChild('child'), cancelExternal('child', true));
    const cause = 'WORKFLOW_ALREADY_EXISTS';
    parent.ok({ kind: 'recordChildStartFailed', initiatedEventId: 5, cause });
    expect(parent.transfers).toEqual(['cancelExternal']);
    parent.externalOutcome('EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND');
    expect(parent.story).toBe('S T CI XcI CF Ts XcF');
  });

  test('semantics 29: a cancel request of the closing task is still delivered', () => {
    const parent = Run.start().task(startChild('child', { parentClosePolicy: 'ABANDON' }));
    parent.startChildRun();
    parent.task(cancelExternal('child', true), succeed);
    expect(parent.story).toBe('S T CI CS T XcI OK');
    expect(parent.transfers).toEqual(['cancelExternal']);
    parent.externalOutcome();
    expect(parent.transfers).toEqual([]);
    expect(parent.story).toBe('S T CI CS T XcI OK');
  });

  test('semantics 29: WAIT_CANCELLATION_COMPLETED sees the request, then the end', () => {
    const parent = Run.start().task(startChild('child'), startTimer('1', 60_000));
    const child = parent.startChildRun();
    parent.task(cancelExternal('child', true)).externalOutcome();
    child.requestCancel().task(confirmCancel);
    parent.childClosed(child).task(succeed);
    expect(parent.story).toBe('S T CI Tm+ CS T XcI Xc Ts Ccn Wst Wco OK');
  });
});
