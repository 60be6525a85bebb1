-- Storage and grants: what the schema file cannot say.
-- Roles are made before any migration runs (src/roles.ts), because they belong to the cluster.

-- No table is vacuumed or analysed while it is small: statistics of a nearly empty table, kept in a
-- cached plan, would have it scanned whole when it has grown.
-- Room on the page keeps updates HOT; MAIN keeps states up to a page inline, compressed from 2 kB.
ALTER TABLE "perdure"."executions" SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 5000);--> statement-breakpoint
ALTER TABLE "perdure"."executions" ALTER COLUMN "state" SET STORAGE MAIN;--> statement-breakpoint
-- Payloads are ciphertext, which does not compress. Segments up to a page stay inline.
ALTER TABLE "perdure"."history" SET (toast_tuple_target = 8160, autovacuum_analyze_threshold = 5000);--> statement-breakpoint
ALTER TABLE "perdure"."history" ALTER COLUMN "segment" SET STORAGE EXTERNAL;--> statement-breakpoint
-- A close on the same page writes only the difference to the log.
ALTER TABLE "perdure"."visibility" SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 5000);--> statement-breakpoint
-- Rows come and go: small tables that are vacuumed by count, not by share.
ALTER TABLE "perdure"."tasks" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_threshold = 10000);--> statement-breakpoint
ALTER TABLE "perdure"."wakeups" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_threshold = 10000);--> statement-breakpoint
ALTER TABLE "perdure"."current_executions" SET (autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 5000);--> statement-breakpoint
ALTER TABLE "perdure"."request_ids" SET (autovacuum_analyze_threshold = 5000);--> statement-breakpoint
ALTER TABLE "perdure"."worker_sessions" SET (fillfactor = 50);--> statement-breakpoint

GRANT USAGE ON SCHEMA "perdure" TO "perdure_runtime", "perdure_pump", "perdure_control";--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON "perdure"."executions", "perdure"."current_executions", "perdure"."visibility" TO "perdure_runtime";--> statement-breakpoint
GRANT SELECT, INSERT ON "perdure"."history", "perdure"."request_ids" TO "perdure_runtime";--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON "perdure"."tasks", "perdure"."wakeups" TO "perdure_runtime";--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "perdure"."worker_sessions" TO "perdure_runtime";--> statement-breakpoint
GRANT SELECT ON "perdure"."tasks", "perdure"."wakeups" TO "perdure_pump";--> statement-breakpoint
GRANT SELECT ("namespace_id", "shard", "run_id", "workflow_id") ON "perdure"."executions" TO "perdure_pump";--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON "perdure"."namespaces", "perdure"."api_keys" TO "perdure_control";
