/**
 * The one statement that writes runs. Guarantees, per transition of a batch:
 * - all of it is written or nothing: every write joins `ok`, the transitions that won their
 *   compare-and-set;
 * - an update wins when the stored version is the one it was decided on and none of its request ids
 *   is stored. Two writers of a run meet on its row, where the second one sees the first one's
 *   version, so the look at `request_ids` cannot be overtaken;
 * - a start wins when no run of its workflow id is stored, or exactly the one that it replaces; one
 *   that follows the close of a run in the same batch, only if that close does.
 *
 * Two forms: in the plain one a start that another writer overtakes between the look and the insert
 * fails the whole statement by a unique key. The guarded one lets it lose alone and costs more log.
 * Send the plain one first, and the guarded one after a unique violation.
 *
 * Answer: one row of `ok` (places of the winners, joined by commas) and `duplicates` (JSON array of
 * [place, request id]).
 */
import type { Statement } from '../connections.ts';
import { RUNNING } from '../statuses.ts';
import { type Part, partColumns, parts } from './batch-shape.ts';

const prepared = new Map<string, Statement>();

/** The statement for batches that have these parts (`BatchShape.mask`). */
export function commitStatement(mask: number, guarded: boolean): Statement {
  const name = `commit_${mask}${guarded ? '_guarded' : ''}`;
  let statement = prepared.get(name);
  if (!statement) {
    statement = { name, text: commitText(mask, guarded) };
    prepared.set(name, statement);
  }
  return statement;
}

function commitText(mask: number, guarded: boolean): string {
  const has = new Set(parts.filter((_, bit) => mask & (1 << bit)));
  const tables = inputs(has);
  const ctes = [
    ...inputTables(has, tables),
    has.has('requests') && duplicates,
    has.has('updates') && updated(has),
    has.has('starts') && free(has),
    has.has('starts') && madeCurrent(guarded),
    has.has('replaced') && following(has),
    has.has('replaced') && madeCurrentInstead,
    has.has('starts') && started(has, guarded),
    winners(has),
    has.has('starts') && insertExecutions,
    has.has('starts') && insertVisibility,
    insertHistory,
    has.has('closes') && closeVisibility,
    has.has('addedTasks') && insertTasks,
    has.has('removedTasks') && deleteTasks,
    has.has('addedWakes') && insertWakes,
    has.has('removedWakes') && deleteWakes,
    has.has('requests') && insertRequests,
  ].filter((cte) => cte !== false);
  return `with ${ctes.join(',\n')}
select (select string_agg(i::text, ',') from ok),
  ${has.has('requests') ? '(select json_agg(json_build_array(i, id))::text from duplicate)' : 'null'}`;
}

/** `unnest(…)` of the parameters of each part that the batch has. */
function inputs(has: ReadonlySet<Part>): ReadonlyMap<Part, string> {
  const tables = new Map<Part, string>();
  let parameter = 0;
  for (const part of parts) {
    if (!has.has(part)) continue;
    const types = Object.values(partColumns[part]);
    tables.set(part, `unnest(${types.map((type) => `$${++parameter}::${type}[]`).join(', ')})`);
  }
  return tables;
}

function inputTables(has: ReadonlySet<Part>, tables: ReadonlyMap<Part, string>): string[] {
  return parts
    .filter((part) => has.has(part))
    .map((part) => {
      const columns = Object.keys(partColumns[part]).join(', ');
      return `"${part}"(${columns}) as materialized (select * from ${tables.get(part)})`;
    });
}

const duplicates = `duplicate as materialized (
  select r.i, r.id from requests r join perdure.request_ids q
    on q.namespace_id = r.ns and q.shard = r.shard and q.run_id = r.run and q.request_id = r.id)`;

function updated(has: ReadonlySet<Part>): string {
  const fresh = has.has('requests')
    ? 'and not exists (select from duplicate d where d.i = u.i)'
    : '';
  return `updated as (
  update perdure.executions e set version = u.version + 1, state = u.state from updates u
    where e.namespace_id = u.ns and e.shard = u.shard and e.run_id = u.run
      and e.version = u.version ${fresh}
    returning u.i, u.ns, u.shard, u.run, u.first, u.segment)`;
}

/** Starts of workflow ids that have no run yet. */
function free(has: ReadonlySet<Part>): string {
  const first = has.has('replaced') ? 'and i not in (select i from replaced)' : '';
  return `free as materialized (
  select * from starts s where not exists (select from perdure.current_executions c
    where c.namespace_id = s.ns and c.shard = s.shard and c.workflow_id = s.wf) ${first})`;
}

function madeCurrent(guarded: boolean): string {
  return `made_current as (
  insert into perdure.current_executions (namespace_id, shard, workflow_id, run_id)
    select ns, shard, wf, run from free ${guarded ? 'on conflict do nothing returning run_id' : ''})`;
}

const startColumns = Object.keys(partColumns.starts)
  .map((column) => `s.${column}`)
  .join(', ');

/** Starts that follow a run. */
function following(has: ReadonlySet<Part>): string {
  const bound = has.has('successors')
    ? `where not exists (select from successors f
    where f.i = s.i and f.after not in (select i from updated))`
    : '';
  return `following as materialized (
  select s.*, r.old from starts s join replaced r on r.i = s.i ${bound})`;
}

const madeCurrentInstead = `made_current_instead as (
  update perdure.current_executions c set run_id = s.run from following s
    where c.namespace_id = s.ns and c.shard = s.shard and c.workflow_id = s.wf
      and c.run_id = s.old
    returning ${startColumns})`;

function started(has: ReadonlySet<Part>, guarded: boolean): string {
  const won = guarded ? 'where run in (select run_id from made_current)' : '';
  const instead = has.has('replaced') ? 'union all select * from made_current_instead' : '';
  const kept = won || instead ? 'materialized' : 'not materialized';
  return `started as ${kept} (select * from free ${won} ${instead})`;
}

function winners(has: ReadonlySet<Part>): string {
  const columns = 'i, ns, shard, run, first, segment';
  const sources = [has.has('updates') && 'updated', has.has('starts') && 'started'].filter(Boolean);
  const all = sources.map((source) => `select ${columns} from ${source}`).join(' union all ');
  return `ok as materialized (${all})`;
}

const insertExecutions = `inserted as (
  insert into perdure.executions (namespace_id, shard, run_id, version, workflow_id, state)
    select ns, shard, run, 1, wf, state from started)`;

const insertVisibility = `listed as (
  insert into perdure.visibility (namespace_id, shard, run_id, status, start_time, close_time,
      history_length, workflow_id, workflow_type, task_queue)
    select ns, shard, run, status, started, closed, length, wf, type, queue from started)`;

const insertHistory = `appended as (
  insert into perdure.history (namespace_id, shard, run_id, first_event_id, segment)
    select ns, shard, run, first, segment from ok where segment is not null)`;

// What is changed or deleted is first joined with `ok` by itself: the planner then has one way to
// go on, from these rows into the table by its key, however little it knows of the table.
const closeVisibility = `closing as materialized (
  select c.*, ok.ns, ok.run, ${RUNNING}::int2 as open from closes c join ok on ok.i = c.i),
closed as (
  update perdure.visibility v
    set status = c.status, close_time = c.closed, history_length = c.length
    from closing c
    where v.namespace_id = c.ns and v.workflow_id = c.wf and v.status = c.open
      and v.run_id = c.run)`;

const insertTasks = `added_tasks as (
  insert into perdure.tasks (enqueued_at, namespace_id, shard, run_id, scheduled_event_id, attempt,
      kind, task_queue)
    select t.enqueued, ok.ns, ok.shard, ok.run, t.scheduled, t.attempt, t.kind, t.queue
      from "addedTasks" t join ok on ok.i = t.i)`;

const deleteTasks = `removing_tasks as materialized (
  select t.*, ok.ns, ok.shard, ok.run from "removedTasks" t join ok on ok.i = t.i),
removed_tasks as (
  delete from perdure.tasks k using removing_tasks t
    where k.enqueued_at = t.enqueued and k.namespace_id = t.ns and k.shard = t.shard
      and k.run_id = t.run and k.scheduled_event_id = t.scheduled and k.attempt = t.attempt)`;

const insertWakes = `added_wakes as (
  insert into perdure.wakeups (wake_at, namespace_id, shard, run_id)
    select w.wake, ok.ns, ok.shard, ok.run from "addedWakes" w join ok on ok.i = w.i)`;

const deleteWakes = `removing_wakes as materialized (
  select w.wake, ok.ns, ok.shard, ok.run from "removedWakes" w join ok on ok.i = w.i),
removed_wakes as (
  delete from perdure.wakeups k using removing_wakes w
    where k.wake_at = w.wake and k.namespace_id = w.ns and k.shard = w.shard
      and k.run_id = w.run)`;

const insertRequests = `answered as (
  insert into perdure.request_ids (namespace_id, shard, run_id, request_id)
    select r.ns, r.shard, r.run, r.id from requests r join ok on ok.i = r.i)`;
