/**
 * The data plane: starts, moves and shows workflows. Decide is pure (engine), commit is the only
 * writer, pumps are the only senders of what time brings.
 */
export { type DataPlane, type DataPlaneParts, createDataPlane } from './data-plane.ts';
export type { WorkerChannel, WorkerMail } from './matching/worker-session.ts';
export type { WorkerConnection } from './operations/open-worker/open-worker.ts';
