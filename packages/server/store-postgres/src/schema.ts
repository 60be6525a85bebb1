/**
 * The tables, as drizzle sees them: the source that migrations are generated from, and what the
 * control plane queries. What drizzle cannot say (storage, grants) is in `migrations/*_tuning.sql`.
 *
 * Rules that all tables of runs follow:
 * - Every key holds `namespace_id` and `shard`, so that the tables can be distributed by shard.
 *   `visibility` has no unique key for that reason: `executions` already keeps run ids unique.
 * - In keys the shard comes after the id: run ids are made in the order of time (UUID version 7),
 *   so that new rows go to the end of each index, which touches few pages and fills them.
 * - Times are milliseconds since the Unix epoch.
 * - Row-level security: `perdure_runtime` sees the rows of the namespaces that its session names in
 *   the setting `perdure.namespaces`, and none when it names none. `perdure_pump` sees the outbox,
 *   the wake-ups and the ids of runs of all tenants; `perdure_control` sees the control plane only.
 * - Nothing that changes with each step is indexed, so that updates of `executions` are HOT.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  pgPolicy,
  pgRole,
  pgSchema,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';

/** Role of the data plane's connections. */
export const runtimeRole = 'perdure_runtime';
/** Role of the sweeps that look for work across tenants. */
export const pumpRole = 'perdure_pump';
/** Role of the control plane's connections. */
export const controlRole = 'perdure_control';
/** Setting that names the namespaces a session acts for: ids joined by commas. */
export const namespacesSetting = 'perdure.namespaces';

const runtime = pgRole(runtimeRole).existing();
const pump = pgRole(pumpRole).existing();
const control = pgRole(controlRole).existing();

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
/** Ids compare by their bytes: faster than by language rules, and the same on every machine. */
const idText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const time = (name: string) => bigint(name, { mode: 'number' });

// The scalar sub-select is evaluated once per statement. array_position is not an index operator,
// so the planner cannot take the policy for a key and scan once per namespace.
const inScope = sql`array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null`;

const tenantPolicy = () =>
  pgPolicy('tenant', { for: 'all', to: runtime, using: inScope, withCheck: inScope });
const pumpPolicy = () => pgPolicy('pump', { for: 'select', to: pump, using: sql`true` });
const controlPolicy = () =>
  pgPolicy('control', { for: 'all', to: control, using: sql`true`, withCheck: sql`true` });

/** Everything but the schema that drizzle keeps its own notes in. */
export const perdure = pgSchema('perdure');

const run = () => ({
  namespaceId: integer('namespace_id').notNull(),
  shard: smallint('shard').notNull(),
  runId: uuid('run_id').notNull(),
});

/** The state of each run. */
export const executions = perdure.table(
  'executions',
  {
    ...run(),
    version: integer('version').notNull(),
    workflowId: idText('workflow_id').notNull(),
    state: bytea('state').notNull(),
  },
  (t) => [
    primaryKey({ name: 'executions_pkey', columns: [t.namespaceId, t.runId, t.shard] }),
    tenantPolicy(),
    pumpPolicy(),
  ],
);

/** The latest run of each workflow id. Not touched when the run closes. */
export const currentExecutions = perdure.table(
  'current_executions',
  {
    namespaceId: integer('namespace_id').notNull(),
    shard: smallint('shard').notNull(),
    workflowId: idText('workflow_id').notNull(),
    runId: uuid('run_id').notNull(),
  },
  (t) => [
    primaryKey({
      name: 'current_executions_pkey',
      columns: [t.namespaceId, t.workflowId, t.shard],
    }),
    tenantPolicy(),
  ],
);

/** Events of each run: one row per transition, never changed. */
export const history = perdure.table(
  'history',
  {
    ...run(),
    firstEventId: integer('first_event_id').notNull(),
    segment: bytea('segment').notNull(),
  },
  (t) => [
    primaryKey({
      name: 'history_pkey',
      columns: [t.namespaceId, t.runId, t.shard, t.firstEventId],
    }),
    tenantPolicy(),
  ],
);

/** Outbox: dispatches that nobody took in their own transition. */
export const tasks = perdure.table(
  'tasks',
  {
    enqueuedAt: time('enqueued_at').notNull(),
    ...run(),
    scheduledEventId: integer('scheduled_event_id').notNull(),
    attempt: integer('attempt').notNull(),
    kind: smallint('kind').notNull(),
    taskQueue: text('task_queue').notNull(),
  },
  (t) => [
    primaryKey({
      name: 'tasks_pkey',
      columns: [t.enqueuedAt, t.namespaceId, t.shard, t.runId, t.scheduledEventId, t.attempt],
    }),
    tenantPolicy(),
    pumpPolicy(),
  ],
);

/** When to look at a run again; at most one row a run. */
export const wakeups = perdure.table(
  'wakeups',
  { wakeAt: time('wake_at').notNull(), ...run() },
  (t) => [
    primaryKey({ name: 'wakeups_pkey', columns: [t.wakeAt, t.namespaceId, t.shard, t.runId] }),
    tenantPolicy(),
    pumpPolicy(),
  ],
);

/** What lists show: one row per run. */
export const visibility = perdure.table(
  'visibility',
  {
    ...run(),
    status: smallint('status').notNull(),
    startTime: time('start_time').notNull(),
    closeTime: time('close_time'),
    historyLength: integer('history_length'),
    workflowId: idText('workflow_id').notNull(),
    workflowType: text('workflow_type').notNull(),
    taskQueue: text('task_queue').notNull(),
  },
  (t) => [
    index('visibility_by_status').on(t.namespaceId, t.status, t.startTime, t.runId),
    // A workflow has at most one open run, so this also finds the row that a close changes.
    index('visibility_by_workflow').on(t.namespaceId, t.workflowId, t.status),
    tenantPolicy(),
  ],
);

/** Requests that a transition after the first has answered. */
export const requestIds = perdure.table(
  'request_ids',
  { ...run(), requestId: idText('request_id').notNull() },
  (t) => [
    primaryKey({
      name: 'request_ids_pkey',
      columns: [t.namespaceId, t.runId, t.shard, t.requestId],
    }),
    tenantPolicy(),
  ],
);

/**
 * Letters between servers, for seconds each; not logged, so a crash of the database takes them. The
 * pumps find and remove them, and do not see what they say.
 */
export const letters = perdure.table(
  'letters',
  {
    ...run(),
    letterId: idText('letter_id').notNull(),
    taskQueue: text('task_queue').notNull(),
    expiresAt: time('expires_at').notNull(),
    claimedUntil: time('claimed_until').notNull(),
    answered: boolean('answered').notNull(),
    content: bytea('content').notNull(),
    answer: bytea('answer'),
  },
  (t) => [
    primaryKey({
      name: 'letters_pkey',
      columns: [t.namespaceId, t.runId, t.shard, t.letterId],
    }),
    index('letters_by_expiry').on(t.expiresAt),
    tenantPolicy(),
    pgPolicy('pump', { for: 'all', to: pump, using: sql`true`, withCheck: sql`false` }),
  ],
);

/** Leases of worker sessions, of no tenant: a session id is random and says nothing. */
export const workerSessions = perdure.table('worker_sessions', {
  sessionId: idText('session_id').primaryKey(),
  expiresAt: time('expires_at').notNull(),
});

/** Tenants. */
export const namespaces = perdure.table(
  'namespaces',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    name: idText('name').notNull().unique('namespaces_name_key'),
    sealed: boolean('sealed').notNull(),
    createdAt: time('created_at').notNull(),
  },
  () => [controlPolicy()],
);

/** API keys. `secret_hash` is SHA-256 of the secret half. */
export const apiKeys = perdure.table(
  'api_keys',
  {
    id: idText('id').primaryKey(),
    namespaceId: integer('namespace_id')
      .notNull()
      .references(() => namespaces.id),
    label: text('label').notNull(),
    secretHash: bytea('secret_hash').notNull(),
    createdAt: time('created_at').notNull(),
    revokedAt: time('revoked_at'),
  },
  (t) => [index('api_keys_by_namespace').on(t.namespaceId), controlPolicy()],
);
