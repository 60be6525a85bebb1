/**
 * What travels between Perdure's parts and what is kept: types, checks and byte forms. No I/O.
 */
export * from './bytes.ts';
export * from './command-blobs.ts';
export * from './commands.ts';
export * from './failure.ts';
export * from './frame.ts';
export * from './history/causes.ts';
export * from './history/codec.ts';
export * from './history/events.ts';
export * from './payload.ts';
export {
  type Field,
  type RecordOf,
  type ValueOf,
  anything,
  bytes,
  count,
  flag,
  list,
  map,
  name,
  optional,
  readUntrusted,
  real,
  record,
  text,
  uuid,
  variant,
  word,
} from './record.ts';
export { retryPolicy } from './retry-policy.ts';
export * from './search-attributes.ts';
export * from './stream.ts';
export type { BlobPlace, BlobPurpose, TemporalJsonOptions } from './temporal-json/scene.ts';
export {
  type TemporalHistoryJson,
  fromTemporalJson,
  toTemporalJson,
} from './temporal-json/temporal-json.ts';
export * from './updates.ts';
export { packUuid, unpackUuid } from './uuid.ts';
export * from './workflow-execution.ts';
