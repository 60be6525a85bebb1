/** An activation's result as it arrives from its thread, see `pack-result.ts`. */
import { deserialize } from 'node:v8';
import { TypedSearchAttributes } from '@perdure/common';
import type { WorkflowInfo } from '@perdure/workflow';
import type { ActivationResult, SandboxSinkCall } from '@perdure/workflow/runtime';
import { resultOf } from './compact.ts';
import type { PackedResult, SentInfo, Told } from './messages.ts';

/** The result that was packed. */
export function unpackResult(packed: PackedResult): ActivationResult {
  if (!('told' in packed)) return resultOf(packed);
  const { logs, sinkCalls } = deserialize(packed.told) as Told;
  return { ...resultOf(packed.result), logs, sinkCalls: sinkCalls?.map(withWholeInfo) };
}

function withWholeInfo(call: SandboxSinkCall): SandboxSinkCall {
  const sent = call.info as SentInfo | undefined;
  if (!sent) return call;
  const info: WorkflowInfo = {
    ...sent,
    unsafe: { ...sent.unsafe, now: () => Date.now() },
    typedSearchAttributes: new TypedSearchAttributes(sent.typedSearchAttributes),
  };
  return { ...call, info };
}
