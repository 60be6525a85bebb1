/** Activities that are reported on from outside. */
import {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
  WorkflowFailedError,
} from '@perdure/client';
import { describe, expect, it, vi } from 'vitest';
import { handedOver, outside } from './client-workflows.ts';
import { caught, client, fresh, restartWorker, tokens, useClient } from './client-fixture.ts';

useClient();

describe('an activity is reported on from outside (semantics 14)', () => {
  /** A run whose activity hangs, or is handed over. */
  async function hanging(workflow: typeof outside = outside) {
    const handle = await client.workflow.start(workflow, fresh());
    const { workflowId } = handle;
    const token = await vi.waitFor(() => {
      const found = tokens.get(workflowId);
      if (!found) throw new Error('the activity has not begun');
      return found;
    });
    return { handle, token, byId: { workflowId, activityId: '1' } };
  }

  it('completed by its token or its ids, once', async () => {
    const first = await hanging();
    await client.activity.complete(first.token, 'by token');
    expect(await first.handle.result()).toBe('by token');
    const gone = await caught(client.activity.complete(first.token, 'again'));
    expect(gone).toBeInstanceOf(ActivityNotFoundError);
    const second = await hanging();
    await client.activity.complete(second.byId, 'by ids');
    expect(await second.handle.result()).toBe('by ids');
    const none = { workflowId: 'none', activityId: '1' };
    expect(await caught(client.activity.heartbeat(none))).toBeInstanceOf(ActivityNotFoundError);
  });

  it('once its worker has let go of it, and is gone', async () => {
    const first = await hanging(handedOver);
    await vi.waitFor(() => client.activity.heartbeat(first.byId, 'alive'));
    await restartWorker();
    expect((await first.handle.describe()).pendingActivities).toMatchObject([
      { state: 'STARTED', attempt: 1, heartbeatDetails: 'alive' },
    ]);
    await client.activity.complete(first.token, 'later');
    expect(await first.handle.result()).toBe('later');
  });

  it('failed, with its error as the cause', async () => {
    const { handle, byId } = await hanging();
    await client.activity.fail(byId, new RangeError('too far'));
    expect(await caught(handle.result())).toMatchObject({
      cause: { name: 'ActivityFailure', cause: { message: 'too far', type: 'RangeError' } },
    });
  });

  it('kept alive, until it is to stop', async () => {
    const { handle, byId, token } = await hanging();
    await client.activity.heartbeat(byId, { done: 1 });
    expect((await handle.describe()).pendingActivities).toMatchObject([
      { activityId: '1', heartbeatDetails: { done: 1 } },
    ]);
    await client.activity.heartbeat(token);
    await handle.terminate();
    expect(await caught(client.activity.heartbeat(token))).toBeInstanceOf(ActivityNotFoundError);
  });

  it('not by a token that is none', async () => {
    const error = await caught(client.activity.complete(Uint8Array.of(1, 2, 3), 'x'));
    expect(error).toBeInstanceOf(ActivityCompletionError);
  });
});

it('an activity that is to stop hears of it with its heartbeat', async () => {
  const handle = await client.workflow.start(outside, fresh());
  const byId = { workflowId: handle.workflowId, activityId: '1' };
  await vi.waitFor(() => client.activity.heartbeat(byId));
  await handle.cancel();
  // The worker may be quicker, and then the activity is over.
  const error = await vi.waitFor(() => caught(client.activity.heartbeat(byId)));
  const isEither =
    error instanceof ActivityCancelledError || error instanceof ActivityNotFoundError;
  expect(isEither).toBe(true);
  expect(await caught(handle.result())).toBeInstanceOf(WorkflowFailedError);
});
