/** What stands around the calls of a client: interceptors, the connection, deadlines. */
import { setTimeout as realSleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  type WorkflowClientInterceptor,
  isGrpcDeadlineError,
} from '@perdure/client';
import { Worker } from '@perdure/worker';
import { describe, expect, it } from 'vitest';
import { add, chain, counter, finish, forever, total } from './client-workflows.ts';
import { bundle, caught, client, env, fresh, useClient } from './client-fixture.ts';

useClient();

describe('interceptors', () => {
  it('stand around every call, the first one outermost', async () => {
    const seen: string[] = [];
    const around = (name: string): WorkflowClientInterceptor =>
      new Proxy({} as WorkflowClientInterceptor, {
        get: (_, hook) => async (input: unknown, next: (input: unknown) => Promise<unknown>) => {
          seen.push(`${name} ${String(hook)}`);
          return next(input);
        },
      });
    const { connection, namespace } = client;
    const interceptors = { workflow: [around('a'), around('b')] };
    const { workflow } = new Client({ connection, namespace, interceptors });
    const handle = await workflow.start(counter, fresh());
    await handle.query(total);
    await handle.executeUpdate(add, { args: [1] });
    await handle.describe();
    await handle.signal(finish, 'done');
    await handle.result();
    const options = { ...fresh(), signal: finish, signalArgs: ['now'] as [string] };
    expect(await (await workflow.signalWithStart(counter, options)).result()).toBe('now 0');
    const startWorkflowOperation = new WithStartWorkflowOperation(counter, {
      ...fresh(),
      workflowIdConflictPolicy: 'FAIL',
    });
    await workflow.executeUpdateWithStart(add, { args: [1], startWorkflowOperation });
    const started = await startWorkflowOperation.workflowHandle();
    await started.terminate();
    const asleep = await client.workflow.start(forever, fresh());
    await workflow.getHandle(asleep.workflowId).cancel();
    const hooks = ['start', 'query', 'startUpdate', 'describe', 'signal', 'signalWithStart'];
    hooks.push('startUpdateWithStart', 'terminate', 'cancel');
    expect(seen).toEqual(hooks.flatMap((hook) => [`a ${hook}`, `b ${hook}`]));
  });

  it('change what is asked and what is answered', async () => {
    class Doubling implements WorkflowClientInterceptor {
      readonly factor = 2;
      start: WorkflowClientInterceptor['start'] = (input, next) =>
        next({ ...input, options: { ...input.options, args: [21 * this.factor] } });
      async query(
        input: Parameters<NonNullable<WorkflowClientInterceptor['query']>>[0],
        next: Parameters<NonNullable<WorkflowClientInterceptor['query']>>[1],
      ): Promise<unknown> {
        return ((await next(input)) as number) * this.factor;
      }
    }
    const { connection, namespace } = client;
    const interceptors = { workflow: [new Doubling()] };
    const { workflow } = new Client({ connection, namespace, interceptors });
    const handle = await workflow.start(counter, { ...fresh(), args: [1] });
    expect(await handle.query(total)).toBe(84);
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 42');
  });
});

describe('a connection', () => {
  it('is made with the first call, if lazy', async () => {
    const connection = Connection.lazy({ address: env.address, apiKey: env.apiKey });
    const lazy = new Client({ connection, namespace: env.namespace });
    const handle = await client.workflow.start(forever, fresh());
    const same = lazy.workflow.getHandle(handle.workflowId);
    expect((await same.describe()).status.name).toBe('RUNNING');
    await same.terminate();
    await connection.ensureConnected();
    await connection.close();
  });

  it('is made when a worker is created on it', async () => {
    const { defaults } = client.connection;
    const connection = Connection.lazy({ address: env.address, apiKey: env.apiKey, defaults });
    const own = { taskQueue: 'lazy', workflowId: fresh().workflowId };
    const lazy = await Worker.create({ connection, taskQueue: 'lazy', workflowBundle: bundle! });
    const work = client.workflow.execute(chain, { ...own, args: [0, 7] });
    expect(await lazy.runUntil(work)).toBe(7);
    await connection.close();
  });

  it('that cannot be made fails the call, and is tried again', async () => {
    const connectTimeout = 50;
    const connection = Connection.lazy({ address: '127.0.0.1:1', connectTimeout });
    const lazy = new Client({ connection, namespace: env.namespace });
    const handle = lazy.workflow.getHandle('w');
    for (let n = 0; n < 2; n++) {
      expect(await caught(handle.signal('s'))).toMatchObject({ code: 'UNAVAILABLE' });
    }
    await connection.close();
  });

  it('gives calls up at their deadline, and only those', async () => {
    const handle = await client.workflow.start(counter, fresh());
    const late = await caught(client.withDeadline(Date.now() + 30, () => handle.result()));
    expect(isGrpcDeadlineError(late)).toBe(true);
    const over = await caught(client.withDeadline(new Date(0), () => handle.describe()));
    expect(isGrpcDeadlineError(over)).toBe(true);
    await realSleep(1);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate();
  });
});
