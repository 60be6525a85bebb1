/**
 * An activation's result as it leaves its thread. Logs and calls to sinks may hold values of any
 * type, unlike all else that leaves a sandbox. Those of built-in types arrive as they are; what
 * cannot leave a thread arrives as text. The other half is `unpack-result.ts`.
 */
import { serialize } from 'node:v8';
import type { WorkflowInfo } from '@perdure/workflow';
import type { ActivationResult, SandboxSinkCall } from '@perdure/workflow/runtime';
import { compactResult } from './compact.ts';
import type { PackedResult, SentInfo, Told } from './messages.ts';
import { printable } from './printable.ts';

/** Values that lie deeper are serialized. */
const MAX_PLAIN_DEPTH = 4;

/** A result, fit to be sent. */
export function packResult(result: ActivationResult): PackedResult {
  const { logs, sinkCalls } = result;
  const isPlainCall = ({ args, info }: SandboxSinkCall): boolean =>
    info === undefined && isPlain(args);
  const isAllPlain =
    logs.every(({ meta }) => isPlain(meta)) && (sinkCalls?.every(isPlainCall) ?? true);
  if (isAllPlain) return compactResult(result);
  const told = serializeAll({ logs, sinkCalls: sinkCalls?.map(sendable) });
  return { result: compactResult({ ...result, logs: [], sinkCalls: undefined }), told };
}

/** Whether it is made of texts, numbers, lists and records alone, as nearly all is. */
function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'object':
      break;
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return true;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth === MAX_PLAIN_DEPTH) return false;
  if (Array.isArray(value)) return value.every((each) => isPlain(each, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every((each) => isPlain(each, depth + 1));
}

/** Without the functions that `workflowInfo()` has. */
function sendable(call: SandboxSinkCall): SandboxSinkCall {
  const info = call.info as WorkflowInfo | undefined;
  if (!info) return call;
  const { isReplaying, isReplayingHistoryEvents } = info.unsafe;
  const sent: SentInfo = {
    ...info,
    unsafe: { isReplaying, isReplayingHistoryEvents },
    typedSearchAttributes: info.typedSearchAttributes.getAll(),
  };
  return { ...call, info: sent };
}

function serializeAll(told: Told): Uint8Array {
  try {
    return serialize(told);
  } catch {
    return serialize(printable(told));
  }
}
