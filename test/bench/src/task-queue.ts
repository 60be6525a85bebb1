/** Where the benchmark's worker looks for tasks. */
export const TASK_QUEUE = 'bench';
