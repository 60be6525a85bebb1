/** What programs import to reach workflows: every value by name and kind. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as client from '../src/index.ts';

const kinds: Record<string, string> = {
  ActivityCancelledError: 'function',
  ActivityCompletionError: 'function',
  ActivityFailure: 'function',
  ActivityNotFoundError: 'function',
  ActivityPausedError: 'function',
  ActivityResetError: 'function',
  ApplicationFailure: 'function',
  AsyncCompletionClient: 'function',
  CancelledFailure: 'function',
  ChildWorkflowFailure: 'function',
  Client: 'function',
  CompleteAsyncError: 'function',
  Connection: 'function',
  HandlerUnfinishedPolicy: 'object',
  IllegalStateError: 'function',
  NamespaceNotFoundError: 'function',
  PayloadConverterError: 'function',
  QueryNotRegisteredError: 'function',
  QueryRejectCondition: 'object',
  QueryRejectedError: 'function',
  ServerFailure: 'function',
  ServiceError: 'function',
  TemporalFailure: 'function',
  TerminatedFailure: 'function',
  TimeoutFailure: 'function',
  ValueError: 'function',
  WithStartWorkflowOperation: 'function',
  WorkflowClient: 'function',
  WorkflowContinuedAsNewError: 'function',
  WorkflowExecutionAlreadyStartedError: 'function',
  WorkflowFailedError: 'function',
  WorkflowIdConflictPolicy: 'object',
  WorkflowIdReusePolicy: 'object',
  WorkflowNotFoundError: 'function',
  WorkflowUpdateFailedError: 'function',
  WorkflowUpdateRPCTimeoutOrCancelledError: 'function',
  WorkflowUpdateStage: 'object',
  defaultPayloadConverter: 'object',
  isGrpcCancelledError: 'function',
  isGrpcDeadlineError: 'function',
  isGrpcServiceError: 'function',
};

describe('what programs import', () => {
  it('is there, by its name', () => {
    const fields: Record<string, unknown> = client;
    const found = Object.keys(kinds).map((name) => [name, typeof fields[name]]);
    expect(Object.fromEntries(found)).toEqual(kinds);
  });

  it('has the policies of older programs', () => {
    const { WorkflowIdReusePolicy } = client;
    expect(WorkflowIdReusePolicy.TERMINATE_IF_RUNNING).toBe('TERMINATE_IF_RUNNING');
    expect(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE).toBe(
      WorkflowIdReusePolicy.REJECT_DUPLICATE,
    );
    const policy: client.WorkflowOptions['workflowIdReusePolicy'] =
      WorkflowIdReusePolicy.TERMINATE_IF_RUNNING;
    expect(policy).toBeDefined();
  });

  it('has the methods that programs call', () => {
    const methods = (of: { prototype: object }) => Object.getOwnPropertyNames(of.prototype);
    expect(methods(client.WorkflowClient)).toEqual(
      expect.arrayContaining([
        'start',
        'execute',
        'result',
        'getHandle',
        'signalWithStart',
        'startUpdateWithStart',
        'executeUpdateWithStart',
        'list',
      ]),
    );
    expect(methods(client.AsyncCompletionClient)).toEqual(
      expect.arrayContaining(['complete', 'fail', 'reportCancellation', 'heartbeat']),
    );
    expect(methods(client.Connection)).toEqual(
      expect.arrayContaining([
        'close',
        'ensureConnected',
        'setApiKey',
        'setMetadata',
        'withDeadline',
        'withAbortSignal',
        'withMetadata',
      ]),
    );
    expect(typeof client.Connection.connect).toBe('function');
    expect(typeof client.Connection.lazy).toBe('function');
  });

  it('lets every client bound its calls', async () => {
    const { connection, workflow, activity } = new client.Client({
      connection: client.Connection.lazy({ address: 'localhost:1' }),
    });
    for (const each of [workflow, activity]) {
      expect(each.connection).toBe(connection);
      // Nobody listens there, and to find that out takes longer.
      const call = () => workflow.getHandle('w').describe();
      const late = each.withDeadline(Date.now() + 100, call);
      await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
      const givenUp = each.withAbortSignal(AbortSignal.abort(), call);
      await expect(givenUp).rejects.toMatchObject({ code: 'CANCELLED' });
    }
    await connection.close();
  });

  it('has the types that programs name', () => {
    expectTypeOf<client.WorkflowOptions['priority']>().not.toBeUndefined();
    expectTypeOf<client.ClientInterceptors>().toHaveProperty('workflow');
    expectTypeOf<client.WorkflowHandle>().toHaveProperty('executeUpdate');
    expectTypeOf<client.WorkflowClientInterceptor>().toHaveProperty('startUpdateWithStart');
    expectTypeOf<client.ConnectionOptions['apiKey']>().toEqualTypeOf<
      string | (() => string) | undefined
    >();
    expectTypeOf<client.TLSConfig['clientCertPair']>().toEqualTypeOf<
      client.TLSCertificatePair | undefined
    >();
  });
});
