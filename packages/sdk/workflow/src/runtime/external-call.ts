/** Signals and cancel requests to other workflows, children included (semantics 35). */
import { CancelledFailure, type DecodedFailure } from '@perdure/common';
import { CancellationScope } from '../cancellation-scope.ts';
import type { SignalWorkflowInput } from '../interceptors.ts';
import type { ActivationJob, ExecutionName } from './activation.ts';
import { commandingRun } from './current-run.ts';
import { headersOrNone } from './headers.ts';
import { intercepted } from './interception.ts';
import { leavingScope } from './leaving-scope.ts';
import { errorFrom, payloadsOf } from './payloads.ts';
import type { Run } from './run.ts';

/** A request that the server has not answered. */
export interface PendingReply {
  resolve(): void;
  reject(error: unknown): void;
  readonly stack?: string;
  seq?: number;
}

/** Sends a signal; resolves when the other workflow has it. */
export function signalWorkflow(
  target: SignalWorkflowInput['target'],
  signalName: string,
  args: readonly unknown[],
): Promise<void> {
  const run = commandingRun(`signal ${signalName}`);
  const execute = intercepted(run.interceptors?.outbound, 'signalWorkflow', (input) =>
    sendSignal(run, input),
  );
  const seq = run.externalSignals.nextSeq;
  return execute({ seq, signalName, args: [...args], headers: {}, target });
}

function sendSignal(run: Run, input: SignalWorkflowInput): Promise<void> {
  const { target, signalName, args, headers } = input;
  const isChild = target.type === 'child';
  const named: ExecutionName = isChild
    ? { workflowId: target.childWorkflowId }
    : target.workflowExecution;
  return new Promise((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) return reject(scope.cancellation);
    const command = run.push({
      kind: 'signalExternalWorkflow',
      seq: 0,
      target: named,
      childWorkflowOnly: isChild,
      signalName,
      args: payloadsOf(run, args),
      headers: headersOrNone(headers),
    });
    const leaveScope = scope.onCancel(() => {
      // What was sent cannot be taken back, and its answer comes.
      if (!run.externalSignals.withdraw(command)) return;
      run.withdraw((each) => each === command);
      reject(new CancelledFailure('Signal was cancelled before being sent'));
    });
    const settlers = leavingScope(leaveScope, resolve, reject);
    run.externalSignals.add(command, { ...settlers, stack: run.callStack() });
  });
}

/** Asks another workflow to stop; resolves when it has been asked. */
export function requestCancelWorkflow(target: ExecutionName): Promise<void> {
  const run = commandingRun('cancel()');
  return new Promise((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) return reject(scope.cancellation);
    const command = run.push({
      kind: 'requestCancelExternalWorkflow',
      seq: 0,
      target,
      childWorkflowOnly: false,
    });
    const leaveScope = scope.onCancel(reject);
    const settlers = leavingScope(leaveScope, resolve, reject);
    run.externalCancels.add(command, { ...settlers, stack: run.callStack() });
  });
}

/** Job `resolveSignalExternalWorkflow`. */
export function resolveExternalSignal(
  run: Run,
  job: Extract<ActivationJob, { kind: 'resolveSignalExternalWorkflow' }>,
): void {
  settle(run, run.externalSignals.take(job.seq), job);
}

/** Job `resolveRequestCancelExternalWorkflow`. */
export function resolveExternalCancel(
  run: Run,
  job: Extract<ActivationJob, { kind: 'resolveRequestCancelExternalWorkflow' }>,
): void {
  settle(run, run.externalCancels.take(job.seq), job);
}

function settle(
  run: Run,
  pending: PendingReply | undefined,
  { failure }: { readonly failure?: DecodedFailure },
): void {
  if (failure) pending?.reject(errorFrom(run, failure));
  else pending?.resolve();
}
