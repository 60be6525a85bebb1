CREATE SCHEMA "perdure";
--> statement-breakpoint
CREATE TABLE "perdure"."api_keys" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"namespace_id" integer NOT NULL,
	"label" text NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"created_at" bigint NOT NULL,
	"revoked_at" bigint
);
--> statement-breakpoint
ALTER TABLE "perdure"."api_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."current_executions" (
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"run_id" uuid NOT NULL,
	CONSTRAINT "current_executions_pkey" PRIMARY KEY("namespace_id","workflow_id","shard")
);
--> statement-breakpoint
ALTER TABLE "perdure"."current_executions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."executions" (
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"run_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"state" "bytea" NOT NULL,
	CONSTRAINT "executions_pkey" PRIMARY KEY("namespace_id","run_id","shard")
);
--> statement-breakpoint
ALTER TABLE "perdure"."executions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."history" (
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"run_id" uuid NOT NULL,
	"first_event_id" integer NOT NULL,
	"segment" "bytea" NOT NULL,
	CONSTRAINT "history_pkey" PRIMARY KEY("namespace_id","run_id","shard","first_event_id")
);
--> statement-breakpoint
ALTER TABLE "perdure"."history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."namespaces" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "perdure"."namespaces_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text COLLATE "C" NOT NULL,
	"sealed" boolean NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "namespaces_name_key" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "perdure"."namespaces" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."request_ids" (
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"run_id" uuid NOT NULL,
	"request_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "request_ids_pkey" PRIMARY KEY("namespace_id","run_id","shard","request_id")
);
--> statement-breakpoint
ALTER TABLE "perdure"."request_ids" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."tasks" (
	"enqueued_at" bigint NOT NULL,
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"run_id" uuid NOT NULL,
	"scheduled_event_id" integer NOT NULL,
	"attempt" integer NOT NULL,
	"kind" smallint NOT NULL,
	"task_queue" text NOT NULL,
	CONSTRAINT "tasks_pkey" PRIMARY KEY("enqueued_at","namespace_id","shard","run_id","scheduled_event_id","attempt")
);
--> statement-breakpoint
ALTER TABLE "perdure"."tasks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."visibility" (
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"run_id" uuid NOT NULL,
	"status" smallint NOT NULL,
	"start_time" bigint NOT NULL,
	"close_time" bigint,
	"history_length" integer,
	"workflow_id" text COLLATE "C" NOT NULL,
	"workflow_type" text NOT NULL,
	"task_queue" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "perdure"."visibility" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."wakeups" (
	"wake_at" bigint NOT NULL,
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"run_id" uuid NOT NULL,
	CONSTRAINT "wakeups_pkey" PRIMARY KEY("wake_at","namespace_id","shard","run_id")
);
--> statement-breakpoint
ALTER TABLE "perdure"."wakeups" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "perdure"."worker_sessions" (
	"session_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "perdure"."api_keys" ADD CONSTRAINT "api_keys_namespace_id_namespaces_id_fk" FOREIGN KEY ("namespace_id") REFERENCES "perdure"."namespaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_by_namespace" ON "perdure"."api_keys" USING btree ("namespace_id");--> statement-breakpoint
CREATE INDEX "visibility_by_status" ON "perdure"."visibility" USING btree ("namespace_id","status","start_time","run_id");--> statement-breakpoint
CREATE INDEX "visibility_by_workflow" ON "perdure"."visibility" USING btree ("namespace_id","workflow_id","status");--> statement-breakpoint
CREATE POLICY "control" ON "perdure"."api_keys" AS PERMISSIVE FOR ALL TO "perdure_control" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."current_executions" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."executions" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "pump" ON "perdure"."executions" AS PERMISSIVE FOR SELECT TO "perdure_pump" USING (true);--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."history" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "control" ON "perdure"."namespaces" AS PERMISSIVE FOR ALL TO "perdure_control" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."request_ids" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."tasks" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "pump" ON "perdure"."tasks" AS PERMISSIVE FOR SELECT TO "perdure_pump" USING (true);--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."visibility" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."wakeups" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "pump" ON "perdure"."wakeups" AS PERMISSIVE FOR SELECT TO "perdure_pump" USING (true);