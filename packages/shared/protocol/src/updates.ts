/** Updates: requests that a workflow may refuse, and that have an outcome (semantics 41-45). */
import { blob } from './payload.ts';
import { type ValueOf, name, optional, record } from './record.ts';

/** What a caller asks of a workflow; travels to the worker beside the workflow task. */
export const updateRequest = record({
  updateId: name,
  updateName: name,
  input: optional(blob),
  header: optional(blob),
  identity: optional(name),
});
export type UpdateRequest = ValueOf<typeof updateRequest>;
