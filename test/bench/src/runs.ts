/** Starting the benchmark's workflows, each run under an id of its own. */
import type { Client, WorkflowHandle, WorkflowStartOptions } from '@perdure/client';
import type { WorkflowResultType } from '@perdure/common';
import { TASK_QUEUE } from './task-queue.ts';
import type * as workflows from './workflows.ts';

type Workflows = typeof workflows;
type Name = keyof Workflows;

export interface Runs {
  start<N extends Name>(
    name: N,
    ...args: Parameters<Workflows[N]>
  ): Promise<WorkflowHandle<Workflows[N]>>;
  execute<N extends Name>(
    name: N,
    ...args: Parameters<Workflows[N]>
  ): Promise<WorkflowResultType<Workflows[N]>>;
}

export function createRuns(client: Client): Runs {
  let count = 0;
  const options = <N extends Name>(name: N, args: Parameters<Workflows[N]>) =>
    ({
      taskQueue: TASK_QUEUE,
      workflowId: `${name}-${count++}`,
      args,
    }) as unknown as WorkflowStartOptions<Workflows[N]>;
  return {
    start: (name, ...args) => client.workflow.start(name, options(name, args)),
    execute: (name, ...args) => client.workflow.execute(name, options(name, args)),
  };
}

/** Fails the run of a benchmark whose platform computes something else. */
export function expectResult<T>(got: T, wanted: T): void {
  if (got === wanted) return;
  throw new Error(`a workflow should have returned ${String(wanted)}; it returned ${String(got)}`);
}
