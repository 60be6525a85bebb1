/** Test workflows in minutes instead of months, and activities without a platform. */
export { defaultActivityInfo } from './activity/default-activity-info.ts';
export {
  MockActivityEnvironment,
  type MockActivityEnvironmentOptions,
} from './activity/mock-activity-environment.ts';
export type {
  ClientOptionsForTestEnv,
  ExistingServerTestWorkflowEnvironmentOptions,
  LocalTestWorkflowEnvironmentOptions,
  TestWorkflowEnvironmentOptions,
  TimeSkippingTestWorkflowEnvironmentOptions,
} from './environment-options.ts';
export { TestWorkflowEnvironment } from './test-workflow-environment.ts';
export { workflowInterceptorModules } from './workflow/interceptor-modules.ts';
