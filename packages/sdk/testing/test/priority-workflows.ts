/** Workflows that tell which priority they and what they ask for have. */
import {
  ApplicationFailure,
  type Priority,
  continueAsNew,
  executeChild,
  proxyActivities,
  sleep,
  startChild,
  workflowInfo,
} from '@perdure/workflow';

interface Told {
  priorityHere(): Promise<Priority | undefined>;
  failBenignly(): Promise<void>;
}
const options = { startToCloseTimeout: '10s', retry: { maximumAttempts: 1 } } as const;
const { priorityHere, failBenignly } = proxyActivities<Told>(options);
const urgent = proxyActivities<Told>({ ...options, priority: { priorityKey: 1 } });

/** The run's own, then what it gives to activities and children. */
export async function priorities(): Promise<(Priority | undefined)[]> {
  // In a task of its own: activities of the first and of later tasks take other ways to a worker.
  const eager = await priorityHere();
  await sleep(1);
  return [
    workflowInfo().priority,
    eager,
    await urgent.priorityHere(),
    await executeChild(priorityOfRun),
    await executeChild(priorityOfRun, { priority: { fairnessWeight: 2.5 } }),
  ];
}

export async function priorityOfRun(): Promise<Priority | undefined> {
  return workflowInfo().priority;
}

export async function priorityOfNextRun(isNext = false): Promise<Priority | undefined> {
  if (!isNext) await continueAsNew<typeof priorityOfNextRun>(true);
  return workflowInfo().priority;
}

/** What is said to priorities that cannot be. */
export async function refusals(): Promise<string[]> {
  const wrong: Priority = { priorityKey: 6 };
  const calls = [
    () => proxyActivities<Told>({ ...options, priority: wrong }).priorityHere(),
    () => startChild(priorityOfRun, { priority: wrong }),
  ];
  return Promise.all(
    calls.map(async (call) => {
      try {
        await call();
        return 'taken';
      } catch (error) {
        return (error as Error).message;
      }
    }),
  );
}

export async function failsBenignly(): Promise<string> {
  try {
    await failBenignly();
    return 'did not fail';
  } catch (error) {
    const cause = (error as Error).cause as ApplicationFailure;
    throw ApplicationFailure.create({ message: `seen ${cause.category}`, category: 'BENIGN' });
  }
}

export async function failsBadly(): Promise<void> {
  await proxyActivities<{ failBadly(): Promise<void> }>(options).failBadly();
}
