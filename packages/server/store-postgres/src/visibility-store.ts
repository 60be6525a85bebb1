/**
 * `VisibilityStore` on Postgres. Every list is served from an index: by status from
 * `visibility_by_status`, whatever the status from the same index once per status and merged, by
 * workflow id from `visibility_by_workflow`. Other filters are applied to what these give.
 */
import type { ListedExecution } from '@perdure/common';
import type { ListFilter, ListPage, VisibilityStore } from '@perdure/ports';
import { int2Array } from './binary-array.ts';
import { type RolePool, type Statement, scopeOf } from './connections.ts';
import { fromStored, toStored } from './stored-text.ts';
import { statusNumber, statusNumbers, statusOf } from './statuses.ts';

const columns = `v.start_time, v.run_id, v.workflow_id, v.workflow_type, v.task_queue, v.status,
  v.close_time, v.history_length`;

type ListRow = [string, string, string, string, string, number, string | null, number | null];

/** After every run: the first page begins here. */
const latest: readonly string[] = ['9223372036854775807', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/** Lists of runs. */
export class PostgresVisibilityStore implements VisibilityStore {
  readonly #reads: RolePool;

  constructor(reads: RolePool) {
    this.#reads = reads;
  }

  /** See `VisibilityStore.list`. @throws TypeError for a page token that is not ours */
  async list(
    namespaceId: number,
    filter: ListFilter,
    pageSize: number,
    pageToken?: string,
  ): Promise<ListPage> {
    const [startTime, runId] = pageToken === undefined ? latest : positionOf(pageToken);
    const statuses = filter.status === undefined ? statusNumbers : [statusNumber(filter.status)];
    const extra = [filter.workflowType, filter.workflowId]
      .filter((value) => value !== undefined)
      .map(toStored);
    const rows = (await this.#reads.run(
      listStatement(filter),
      [namespaceId, int2Array(statuses), startTime, runId, pageSize + 1, ...extra],
      scopeOf([namespaceId]),
    )) as unknown as ListRow[];
    const executions = rows.slice(0, pageSize).map(listedOf);
    const last = rows.length > pageSize ? executions.at(-1) : undefined;
    if (!last) return { executions };
    return { executions, nextPageToken: tokenOf(last) };
  }
}

/** One variant per set of filters, so that each has a plan of its own. */
export function listStatement(filter: ListFilter): Statement {
  let name = 'list';
  let conditions = '';
  let parameter = 5;
  if (filter.workflowType !== undefined) {
    name += '_type';
    conditions += ` and v.workflow_type = $${++parameter}`;
  }
  const common = `v.namespace_id = $1 and (v.start_time, v.run_id) < ($3::int8, $4::uuid)`;
  const order = 'order by start_time desc, run_id desc limit $5::int4';
  if (filter.workflowId !== undefined) {
    // The sum keeps the index by status out, which looks as good while the table is small.
    return {
      name: `${name}_workflow`,
      text: `select ${columns} from perdure.visibility v
        where v.namespace_id = $1 and v.workflow_id = $${++parameter}
          and (v.start_time + 0, v.run_id) < ($3::int8, $4::uuid)
          and v.status + 0 = any ($2::int2[]) ${conditions} ${order}`,
    };
  }
  return {
    name,
    text: `select v.* from unnest($2::int2[]) as wanted(status) cross join lateral (
        select ${columns} from perdure.visibility v
        where ${common} and v.status = wanted.status ${conditions} ${order}) v
      ${order}`,
  };
}

function listedOf(row: ListRow): ListedExecution {
  const [startTime, runId, workflowId, workflowType, taskQueue, status, closeTime, length] = row;
  return {
    workflowId: fromStored(workflowId),
    runId,
    workflowType: fromStored(workflowType),
    taskQueue: fromStored(taskQueue),
    status: statusOf(status),
    startTime: Number(startTime),
    ...(closeTime !== null && { closeTime: Number(closeTime) }),
    ...(length !== null && { historyLength: length }),
  };
}

function tokenOf({ startTime, runId }: ListedExecution): string {
  return Buffer.from(`${startTime}:${runId}`).toString('base64url');
}

function positionOf(pageToken: string): string[] {
  const text = Buffer.from(pageToken, 'base64url').toString();
  const match = /^(\d{1,15}):([0-9a-f-]{36})$/.exec(text);
  if (match) return match.slice(1);
  throw new TypeError('wanted a page token of an earlier list; got something else: leave it out');
}
