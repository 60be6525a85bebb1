import { fileURLToPath } from 'node:url';

/**
 * For `interceptors.workflowModules` of a worker: a failed assertion in workflow code (an error of
 * name `AssertionError`) fails the workflow, not its task.
 */
export const workflowInterceptorModules: string[] = [
  // Without an ending, so that sources do as well.
  fileURLToPath(new URL('./assertion-failures', import.meta.url)),
];
