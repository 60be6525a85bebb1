/** Pages of a run's history. */
import { concatBytes, pack, unpackSequence } from '@perdure/protocol';
import type { HistoryPage, RunRef } from '@perdure/ports';
import { isUuid } from './binary-array.ts';
import { type RolePool, scopeOf } from './connections.ts';

/** Most stored segments that one page looks at, however small they are. */
const mostSegments = 1_000;
/** Stands for "no further segment" in the statement's answer. */
const none = 2 ** 31 - 1;

const statement = {
  name: 'read_history',
  // The segment that holds the event asked for begins at or before it.
  text: `with segments as materialized (
      select first_event_id, following, segment,
        sum(octet_length(segment)) over (order by first_event_id) - octet_length(segment) as before
      from (
        select first_event_id, segment, lead(first_event_id, 1, ${none}) over (order by first_event_id)
          as following
        from perdure.history
        where namespace_id = $1 and shard = $2 and run_id = $3 and first_event_id >= coalesce((
          select max(first_event_id) from perdure.history
          where namespace_id = $1 and shard = $2 and run_id = $3 and first_event_id <= $4), 0)
        order by first_event_id limit ${mostSegments}) page)
    select min(first_event_id), max(following),
      encode(string_agg(segment, ''::bytea order by first_event_id), 'base64')
    from segments where before < greatest($5::int8, 1)`,
};

/** See `ExecutionStore.readHistory`. */
export async function readHistory(
  reads: RolePool,
  { namespaceId, shard, runId }: RunRef,
  fromEventId: number,
  maxBytes: number,
): Promise<HistoryPage> {
  if (!isUuid(runId)) return { segment: new Uint8Array(0) };
  const rows = await reads.run(
    statement,
    [namespaceId, shard, runId, fromEventId, maxBytes],
    scopeOf([namespaceId]),
  );
  const [first, next, segment] = rows[0] as [number | null, number, string];
  if (first === null) return { segment: new Uint8Array(0) };
  const wanted = withoutFirst(Buffer.from(segment, 'base64'), fromEventId - first);
  return next === none ? { segment: wanted } : { segment: wanted, nextEventId: next };
}

/** Leaves events out at the front: an id in the middle of a segment was asked for. */
function withoutFirst(segment: Uint8Array, count: number): Uint8Array {
  if (count <= 0) return segment;
  return concatBytes(unpackSequence(segment).slice(count).map(pack));
}
