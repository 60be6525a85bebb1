import { proxyActivities } from '@perdure/workflow';

interface Activities {
  foo(name: string): Promise<string>;
  bar(name: string): Promise<string>;
}

const { foo, bar } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '50ms' },
});

/** Two activities in a row. */
export async function fooBar(name: string): Promise<string> {
  return bar(await foo(name));
}
