/**
 * What an activation leaves for others to see, logs and calls to sinks, on its way between threads.
 * Unlike all else that leaves a sandbox it may hold values of any type. Those of built-in types
 * arrive as they are; what cannot leave a thread arrives as text.
 */
import { deserialize, serialize } from 'node:v8';
import type { ActivationResult, SandboxLogEntry } from '@perdure/workflow/runtime';
import { compactResult, resultOf } from './compact.ts';
import type { PackedResult } from './messages.ts';
import { printable } from './printable.ts';

type Told = Pick<ActivationResult, 'logs' | 'sinkCalls'>;

/** A result, fit to be sent. */
export function packResult(result: ActivationResult): PackedResult {
  const { logs, sinkCalls } = result;
  if (sinkCalls === undefined && logs.every(isFlat)) return compactResult(result);
  const told = serializeAll({ logs, sinkCalls });
  return { result: compactResult({ ...result, logs: [], sinkCalls: undefined }), told };
}

/** The result that was packed. */
export function unpackResult(packed: PackedResult): ActivationResult {
  if (!('told' in packed)) return resultOf(packed);
  return { ...resultOf(packed.result), ...(deserialize(packed.told) as Told) };
}

/** Nearly every line: texts and numbers with names. */
function isFlat({ meta }: SandboxLogEntry): boolean {
  for (const key in meta) {
    switch (typeof meta[key]) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'undefined':
        continue;
      default:
        return false;
    }
  }
  return true;
}

function serializeAll(told: Told): Uint8Array {
  try {
    return serialize(told);
  } catch {
    return serialize(printable(told));
  }
}
