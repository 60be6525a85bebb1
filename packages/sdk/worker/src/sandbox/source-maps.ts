/** Stack traces of a bundle in terms of the user's own files. Costs nothing until an error leaves. */
import { SourceMap } from 'node:module';
import type { DecodedFailure } from '@perdure/common';

/** Script name of user code in stack traces, before mapping. */
export const BUNDLE_SCRIPT = 'perdure:workflow-bundle';
/** Script name of the SDK in stack traces. */
export const RUNTIME_SCRIPT = 'perdure:workflow-runtime';

const runtimeFrame = new RegExp(`\\n[^\\n]*${RUNTIME_SCRIPT}:[^\\n]*`, 'g');
const position = new RegExp(`${BUNDLE_SCRIPT}:(\\d+):(\\d+)`, 'g');
const nodeFrame = /\n\s+at [^\n]*(?:\(|\s)node:(?:vm|internal)[\s\S]*$/;

/** Rewrites stack traces. */
export interface StackMapper {
  mapStack(stack: string): string;
  /** The failure with the stack traces of its whole chain rewritten. */
  mapFailure(failure: DecodedFailure): DecodedFailure;
}

/** A mapper for a bundle; without a map it only leaves out the frames of others. */
export function createStackMapper(sourceMap: string | undefined): StackMapper {
  let parsed: SourceMap | undefined;
  const lookUp = (found: string, line: string, column: string): string => {
    if (sourceMap === undefined) return found;
    parsed ??= new SourceMap(JSON.parse(sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
    const entry = parsed.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry)) return found;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  };
  const mapStack = (stack: string): string =>
    withoutRuntime(withoutHost(stack)).replace(position, lookUp);
  const mapFailure = (failure: DecodedFailure): DecodedFailure => ({
    ...failure,
    stackTrace: failure.stackTrace && mapStack(failure.stackTrace),
    cause: failure.cause && mapFailure(failure.cause),
  });
  return { mapStack, mapFailure };
}

/** The worker's own frames, and Node's, lie under those of the sandbox. */
function withoutHost(stack: string): string {
  const lines = stack.replace(nodeFrame, '').split('\n');
  const last = lines.findLastIndex(
    (line) => line.includes(BUNDLE_SCRIPT) || line.includes(RUNTIME_SCRIPT),
  );
  return (last < 0 ? lines : lines.slice(0, last + 1)).join('\n');
}

/** Frames of the SDK say nothing to users, unless there are no others. */
function withoutRuntime(stack: string): string {
  return stack.includes(BUNDLE_SCRIPT) ? stack.replace(runtimeFrame, '') : stack;
}
