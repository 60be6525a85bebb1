/** Lines a run logged, kept until its activation ends. */
import type { LogLevel, LogMetadata } from '@perdure/common';
import type { Run } from './run.ts';

/** Keeps a line, with the run's identity beside it; drops it during replay. */
export function writeLog(run: Run, level: LogLevel, message: string, meta?: LogMetadata): void {
  if (run.isReplaying) return;
  const { facts } = run;
  run.logs.push({
    level,
    message,
    meta: {
      sdkComponent: 'workflow',
      namespace: facts?.namespace,
      taskQueue: facts?.taskQueue,
      workflowType: facts?.workflowType,
      workflowId: facts?.workflowId,
      runId: run.runId,
      ...meta,
    },
  });
}
