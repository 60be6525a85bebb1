import {
  ApplicationFailure,
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
} from '@perdure/workflow';

interface Activities {
  echo(value: string): Promise<string>;
  fail(message: string): Promise<never>;
  report(progress: string): Promise<string>;
}

const { echo, report } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
const { fail } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 2, initialInterval: '10ms' },
});
const secret = defineSignal<[string]>('secret');

/** Carries texts through every place that a payload can take; returns what the signals said. */
export async function carry(input: string, failure: string, progress: string): Promise<string> {
  const heard: string[] = [];
  setHandler(secret, (text) => void heard.push(text));
  await echo(input);
  await report(progress);
  await fail(failure).catch(() => {});
  await condition(() => heard.length > 0);
  return `result ${heard.join()}`;
}

/** Ends with what it is given as its failure. */
export async function failWith(message: string): Promise<never> {
  throw ApplicationFailure.nonRetryable(message, 'Planned', { detail: message });
}

/** One activity that heartbeats what it is given. */
export async function reportOnce(progress: string): Promise<string> {
  return report(progress);
}

/** One activity with a value. */
export async function echoOnce(value: string): Promise<string> {
  return echo(value);
}
