/**
 * Job `doUpdate`: somebody asks the run for something, and wants to hear what came of it.
 *
 * Without a handler the update waits for one until the activation ends, and is rejected then. With
 * one it is validated (not on replay: what the history holds was accepted), accepted, and its
 * handler's synchronous part runs at once. A rejected update leaves nothing behind (semantics 41 to
 * 44).
 */
import { ApplicationFailure, HandlerUnfinishedPolicy, TemporalFailure } from '@perdure/common';
import type { UpdateInput } from '../../interceptors.ts';
import { currentValue, frameWithValue, runInFrame } from '../async-frame.ts';
import { isListed } from '../failure-types.ts';
import { intercepted } from '../interception.ts';
import { failureFrom, payloadsOf, valuesOf } from '../payloads.ts';
import type { HandlerEntry, Run, Update } from '../run.ts';

/** Under which the running code finds the update that it works for. */
const CURRENT_UPDATE = Object.freeze({});

/** The update that the running code works for. */
export function currentUpdate(): { readonly id: string; readonly name: string } | undefined {
  return currentValue(CURRENT_UPDATE) as { id: string; name: string } | undefined;
}

/** Hands an update to its handler, or keeps it for one that may come. */
export function doUpdate(run: Run, update: Update): void {
  const entry = run.updates.find(update.name);
  if (entry) handle(run, update, entry);
  else run.bufferedUpdates.push(update);
}

/** Hands over what waited for handlers that exist now, in order of arrival. */
export function dispatchBufferedUpdates(run: Run): void {
  for (;;) {
    const index = run.bufferedUpdates.findIndex(({ name }) => run.updates.find(name));
    const [update] = index < 0 ? [] : run.bufferedUpdates.splice(index, 1);
    if (!update) return;
    handle(run, update, run.updates.find(update.name) as HandlerEntry);
  }
}

/** The activation ends: what nobody handles is refused. */
export function rejectBufferedUpdates(run: Run): void {
  for (const update of run.bufferedUpdates.splice(0)) {
    const message = `No registered handler for update: ${update.name}`;
    const error = ApplicationFailure.nonRetryable(message);
    // No code of the user's is to blame for where it was made.
    error.stack = `${error.name}: ${message}`;
    reject(run, update, error);
  }
}

/** Handlers belong to the root scope, whoever's call set them off. */
function handle(run: Run, update: Update, entry: HandlerEntry): void {
  const info = { id: update.id, name: update.name };
  runInFrame(undefined, () =>
    runInFrame(frameWithValue(CURRENT_UPDATE, info), () => validateAndExecute(run, update, entry)),
  );
}

function validateAndExecute(run: Run, update: Update, entry: HandlerEntry): void {
  let input: UpdateInput;
  try {
    if (update.runValidator && entry.validator) validate(run, update, entry.validator);
    // Decoded anew: the handler must not see what the validator did to its arguments.
    input = inputOf(run, update);
  } catch (error) {
    return reject(run, update, error);
  }
  const { protocolInstanceId } = update;
  run.push({ kind: 'acceptUpdate', protocolInstanceId });
  const execution = {
    of: 'update' as const,
    name: update.name,
    id: update.id,
    unfinishedPolicy: entry.unfinishedPolicy ?? HandlerUnfinishedPolicy.WARN_AND_ABANDON,
  };
  run.handlersInProgress.add(execution);
  const done = (): void => void run.handlersInProgress.delete(execution);
  void execute(run, entry, input).then(
    (result) => {
      done();
      complete(run, protocolInstanceId, result);
    },
    (error: unknown) => {
      done();
      fail(run, protocolInstanceId, error);
    },
  );
}

function validate(run: Run, update: Update, validator: HandlerEntry['handler']): void {
  const check = intercepted(
    run.interceptors?.inbound,
    'validateUpdate',
    ({ args }: UpdateInput) => void validator(...args),
  );
  const before = run.readOnly;
  run.readOnly = 'the validator of an update';
  try {
    check(inputOf(run, update));
  } finally {
    run.readOnly = before;
  }
}

async function execute(run: Run, { handler }: HandlerEntry, input: UpdateInput): Promise<unknown> {
  const call = intercepted(
    run.interceptors?.inbound,
    'handleUpdate',
    async ({ args }: UpdateInput) => handler(...args),
  );
  return call(input);
}

function inputOf(run: Run, { id, name, args, headers = {} }: Update): UpdateInput {
  return { updateId: id, name, args: valuesOf(run, args), headers };
}

function reject(run: Run, { protocolInstanceId }: Update, error: unknown): void {
  run.push({ kind: 'rejectUpdate', protocolInstanceId, failure: failureFrom(run, error) });
}

function complete(run: Run, protocolInstanceId: string, result: unknown): void {
  try {
    const payloads = payloadsOf(run, [result]);
    const outcome = { kind: 'completed', result: payloads } as const;
    run.push({ kind: 'completeUpdate', protocolInstanceId, outcome });
  } catch (error) {
    run.failTask(error);
  }
}

/** A failure is the update's outcome; any other error fails the task, so that it can be mended. */
function fail(run: Run, protocolInstanceId: string, error: unknown): void {
  const isOutcome =
    error instanceof TemporalFailure || (run.failureTypes && isListed(run.failureTypes, error));
  if (!isOutcome) return run.failTask(error);
  const outcome = { kind: 'failed', failure: failureFrom(run, error) } as const;
  run.push({ kind: 'completeUpdate', protocolInstanceId, outcome });
}
