-- Not logged: letters live for seconds, and whoever still wants an answer after a crash asks again.
CREATE UNLOGGED TABLE "perdure"."letters" (
	"namespace_id" integer NOT NULL,
	"shard" smallint NOT NULL,
	"run_id" uuid NOT NULL,
	"letter_id" text COLLATE "C" NOT NULL,
	"task_queue" text NOT NULL,
	"expires_at" bigint NOT NULL,
	"claimed_until" bigint NOT NULL,
	"answered" boolean NOT NULL,
	"content" "bytea" NOT NULL,
	"answer" "bytea",
	CONSTRAINT "letters_pkey" PRIMARY KEY("namespace_id","run_id","shard","letter_id")
);
--> statement-breakpoint
ALTER TABLE "perdure"."letters" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "letters_by_expiry" ON "perdure"."letters" USING btree ("expires_at");--> statement-breakpoint
CREATE POLICY "tenant" ON "perdure"."letters" AS PERMISSIVE FOR ALL TO "perdure_runtime" USING (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null) WITH CHECK (array_position((select string_to_array(current_setting('perdure.namespaces', true), ',')::int4[]), namespace_id) is not null);--> statement-breakpoint
CREATE POLICY "pump" ON "perdure"."letters" AS PERMISSIVE FOR ALL TO "perdure_pump" USING (true) WITH CHECK (false);--> statement-breakpoint
-- Rows come and go: vacuumed by count, not by share. Payloads are ciphertext, which does not compress.
ALTER TABLE "perdure"."letters" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_threshold = 10000);--> statement-breakpoint
ALTER TABLE "perdure"."letters" ALTER COLUMN "content" SET STORAGE EXTERNAL, ALTER COLUMN "answer" SET STORAGE EXTERNAL;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "perdure"."letters" TO "perdure_runtime";--> statement-breakpoint
GRANT SELECT ("namespace_id", "shard", "run_id", "letter_id", "task_queue", "expires_at", "answered"), DELETE ON "perdure"."letters" TO "perdure_pump";
