/** Workflows that measure, and that import what common keeps behind names of its own. */
import { decode, encode } from '@perdure/common/lib/encoding';
import { msToNumber } from '@perdure/common/lib/time';
import { isAbortError } from '@perdure/common/lib/type-helpers';
import {
  type WorkflowInterceptorsFactory,
  inWorkflowContext,
  metricMeter,
  sleep,
  workflowInfo,
} from '@perdure/workflow';

const orders = metricMeter.createCounter('orders', 'order', 'Placed').withTags({ shop: 'a' });
const inContextWhenLoaded = inWorkflowContext();

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [{ getMetricTags: (input, next) => ({ ...next(input), more: true }) }],
});

export async function measures(): Promise<void> {
  orders.add(2, { size: 'big' });
  metricMeter.createHistogram('wait', 'float', 'ms').record(1.5);
  await sleep('1s');
  metricMeter.createGauge('depth').set(3);
  metricMeter.createUpDownCounter('open').add(-1);
}

export async function knows(): Promise<unknown> {
  const { currentBuildId, currentDeploymentVersion, targetWorkerDeploymentVersionChanged } =
    workflowInfo();
  return {
    inContext: [inContextWhenLoaded, inWorkflowContext()],
    versions: [currentBuildId, currentDeploymentVersion, targetWorkerDeploymentVersionChanged],
    text: decode(encode('ä')),
    ms: msToNumber('2s'),
    abort: isAbortError(new Error('no')),
  };
}
