CREATE TABLE "rolecall"."console_sessions" (
	"id_sha256" "bytea" PRIMARY KEY NOT NULL,
	"operator" text NOT NULL,
	"token_sha256" "bytea" NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."operations" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"mode" text,
	"alive_at" timestamp with time zone,
	"restoring_since" timestamp with time zone,
	"effects_paused_at" timestamp with time zone,
	"effects_paused_by" text,
	"effects_paused_reason" text,
	CONSTRAINT "operations_only" CHECK ("rolecall"."operations"."only")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."drift" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rolecall"."drift_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"reconciliation_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"organization_id" text,
	"user_id" text,
	"subject" text NOT NULL,
	"ours" jsonb,
	"theirs" jsonb,
	"outcome" text NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "drift_outcome" CHECK ("rolecall"."drift"."outcome" in ('found', 'repaired', 'asked', 'held', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "rolecall"."reconciled" (
	"reconciliation_id" bigint NOT NULL,
	"membership_id" text NOT NULL,
	CONSTRAINT "reconciled_reconciliation_id_membership_id_pk" PRIMARY KEY("reconciliation_id","membership_id")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."reconciliations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rolecall"."reconciliations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"status" text DEFAULT 'running' NOT NULL,
	"cause" text NOT NULL,
	"organization_id" text DEFAULT '' NOT NULL,
	"dry_run" boolean NOT NULL,
	"stage" text DEFAULT 'roles' NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"after" jsonb,
	"compared" integer DEFAULT 0 NOT NULL,
	"total" integer,
	"drift" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"problem" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"lease_token" uuid,
	"leased_until" timestamp with time zone,
	"asked_by" text NOT NULL,
	"reason" text NOT NULL,
	"asked_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"begun_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"cancelled_by" text,
	CONSTRAINT "reconciliations_status" CHECK ("rolecall"."reconciliations"."status" in ('running', 'done', 'failed', 'cancelled')),
	CONSTRAINT "reconciliations_cause" CHECK ("rolecall"."reconciliations"."cause" in ('operator', 'import', 'schedule', 'outage', 'restore', 'poll'))
);
--> statement-breakpoint
ALTER TABLE "rolecall"."holds" DROP CONSTRAINT "holds_kind";--> statement-breakpoint
CREATE INDEX "console_sessions_expires" ON "rolecall"."console_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "drift_reconciliation" ON "rolecall"."drift" USING btree ("reconciliation_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "reconciliations_running_once" ON "rolecall"."reconciliations" USING btree ("organization_id","dry_run") WHERE "rolecall"."reconciliations"."status" = 'running';--> statement-breakpoint
CREATE INDEX "reconciliations_ended" ON "rolecall"."reconciliations" USING btree ("ended_at");--> statement-breakpoint
ALTER TABLE "rolecall"."holds" ADD CONSTRAINT "holds_kind" CHECK ("rolecall"."holds"."kind" in ('policy', 'absences'));--> statement-breakpoint
INSERT INTO rolecall.operations DEFAULT VALUES;
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['operations', 'reconciliations', 'reconciled', 'drift', 'console_sessions'] LOOP
    EXECUTE format('ALTER TABLE rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('ALTER TABLE rolecall.%s ENABLE ROW LEVEL SECURITY', made);
    EXECUTE format('CREATE POLICY service ON rolecall.%s TO rolecall_service USING (true) WITH CHECK (true)', made);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT SELECT, UPDATE ON rolecall.operations TO rolecall_service;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON rolecall.reconciliations TO rolecall_service;
--> statement-breakpoint
GRANT SELECT, INSERT ON rolecall.reconciled, rolecall.console_sessions TO rolecall_service;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (outcome) ON rolecall.drift TO rolecall_service;
