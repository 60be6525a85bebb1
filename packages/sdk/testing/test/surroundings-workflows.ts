/** A workflow that measures, and whose activity measures and uses the client of its worker. */
import { metricMeter, proxyActivities, proxyLocalActivities } from '@perdure/workflow';

interface Surrounded {
  look(from: string): Promise<string>;
}
const options = { startToCloseTimeout: '10s' } as const;
const { look } = proxyActivities<Surrounded>(options);
const { look: lookNear } = proxyLocalActivities<Surrounded>(options);

export async function surrounded(): Promise<string[]> {
  metricMeter.createCounter('rounds', 'round', 'Begun').add(1, { shop: 'a' });
  const seen = [await look('far'), await lookNear('near')];
  metricMeter.createHistogram('seen').record(seen.length);
  return seen;
}
