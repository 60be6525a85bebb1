/** Lines a run logged, kept until its activation ends. */
import type { LogLevel, LogMetadata } from '@perdure/common';
import { intercepted } from './interception.ts';
import type { Run } from './run.ts';

/** Keeps a line, with the run's identity beside it; drops it during replay. */
export function writeLog(run: Run, level: LogLevel, message: string, meta?: LogMetadata): void {
  if (run.isReplaying) return;
  const attributes = intercepted(
    run.interceptors?.outbound,
    'getLogAttributes',
    (input: Record<string, unknown>) => input,
  );
  run.logs.push({ level, message, meta: { ...attributes(identityOf(run)), ...meta } });
}

function identityOf({ facts, runId }: Run): Record<string, unknown> {
  return {
    sdkComponent: 'workflow',
    namespace: facts?.namespace,
    taskQueue: facts?.taskQueue,
    workflowType: facts?.workflowType,
    workflowId: facts?.workflowId,
    runId,
  };
}
