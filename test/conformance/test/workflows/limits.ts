import {
  getExternalWorkflowHandle,
  proxyActivities,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@perdure/workflow';

const calls = {
  activity: () => proxyActivities({ startToCloseTimeout: '1 hour', taskQueue: 'deserted' }).act!(),
  child: () => startChild('waits', { args: [] }),
  signal: () => getExternalWorkflowHandle('nobody').signal('told'),
  cancel: () => getExternalWorkflowHandle('nobody').cancel(),
} as const;

/** Asks for so many of a kind in one task. */
export async function asksFor(kind: keyof typeof calls, count: number): Promise<void> {
  for (let i = 0; i < count; i++) void calls[kind]();
  await sleep('1 day');
}

/** Makes so many events in one task, and tells what the next knows of that. */
export async function makesEvents(count: number): Promise<unknown> {
  const before = workflowInfo().continueAsNewSuggested;
  for (let i = 0; i < count; i++) upsertSearchAttributes({ Count: [i] });
  await sleep('1 hour');
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return [before, continueAsNewSuggested, historyLength];
}

/** Makes more and more events. */
export async function makesEventsForEver(perTask: number): Promise<void> {
  for (;;) {
    for (let i = 0; i < perTask; i++) upsertSearchAttributes({ Count: [i] });
    await sleep('1 hour');
  }
}

/** Has a result of so many bytes, which do not get fewer by compression. */
export async function returnsBytes(count: number): Promise<string> {
  let text = '';
  while (text.length < count) text += Math.random().toString(36).slice(2);
  return text;
}

/** Calls an activity that has such a result. */
export async function callsForBytes(count: number): Promise<unknown> {
  const options = { startToCloseTimeout: '1 hour', retry: { maximumAttempts: 1 } } as const;
  return proxyActivities(options).makeBytes!(count);
}

/** Returns the default length of its own tasks. */
export async function taskTimeout(): Promise<number> {
  return workflowInfo().taskTimeoutMs;
}
