import { WorkflowIdReusePolicy as Policy } from '@perdure/common';

/** A policy of older programs, with its long name: it is about open runs, and so a conflict policy. */
const older = {
  TERMINATE_IF_RUNNING: 'TERMINATE_IF_RUNNING',
  WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING: 'TERMINATE_IF_RUNNING',
} as const;

/** What a start does about an earlier, closed run of the same workflow id. */
export const WorkflowIdReusePolicy = Object.create(null, {
  ...Object.getOwnPropertyDescriptors(Policy),
  ...Object.getOwnPropertyDescriptors(older),
}) as typeof Policy & typeof older;
export type WorkflowIdReusePolicy =
  (typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy];
