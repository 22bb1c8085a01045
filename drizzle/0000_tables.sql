-- Text in other letters breaks what reads it, long after it was taken.
DO $$ BEGIN
	IF current_setting('server_encoding') <> 'UTF8' THEN
		RAISE EXCEPTION 'Rolecall needs a database whose encoding is UTF8, and this one is %', current_setting('server_encoding');
	END IF;
END $$;
--> statement-breakpoint
CREATE SCHEMA IF NOT EXISTS "rolecall";
--> statement-breakpoint
CREATE TABLE "rolecall"."changes" (
	"revision" bigint PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"organization_id" text,
	"user_id" text,
	"agent_id" text,
	"role" text,
	"permissions" text[] DEFAULT '{}' NOT NULL,
	"cutoff_of" text,
	"cutoff_id" text,
	"cutoff_at" bigint,
	"at" bigint NOT NULL,
	"delivery_id" text,
	"cause" text NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "changes_cutoff_of" CHECK ("rolecall"."changes"."cutoff_of" in ('session', 'member', 'user', 'role', 'organization'))
);
--> statement-breakpoint
CREATE TABLE "rolecall"."counter" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"revision" bigint DEFAULT 0 NOT NULL,
	"catalog_version" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "counter_only" CHECK ("rolecall"."counter"."only")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."instance" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"provider_instance" text,
	"pinned_at" timestamp with time zone,
	"epoch" uuid DEFAULT gen_random_uuid() NOT NULL,
	CONSTRAINT "instance_only" CHECK ("rolecall"."instance"."only")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."provider_budget" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"tokens" double precision DEFAULT 1 NOT NULL,
	"refilled_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"paused_until" timestamp with time zone,
	CONSTRAINT "provider_budget_only" CHECK ("rolecall"."provider_budget"."only")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."effects" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rolecall"."effects_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"organization_id" text DEFAULT '' NOT NULL,
	"user_id" text DEFAULT '' NOT NULL,
	"lane" smallint NOT NULL,
	"cutoff" bigint,
	"only_when_last" boolean DEFAULT false NOT NULL,
	"status" text NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"progress" integer DEFAULT 0 NOT NULL,
	"loss" jsonb,
	"reached" text,
	"due_at" timestamp with time zone NOT NULL,
	"lease_token" uuid,
	"leased_until" timestamp with time zone,
	"last_error" text,
	"tries" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"delivery_id" text,
	"reconciliation_id" bigint,
	"owed_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "effects_kind" CHECK ("rolecall"."effects"."kind" in ('revoke_sessions', 'revoke_holders', 'lookup_member', 'lookup_user', 'lookup_organization', 'lookup_roles', 'check_constraints')),
	CONSTRAINT "effects_status" CHECK ("rolecall"."effects"."status" in ('owed', 'done', 'dead', 'observed'))
);
--> statement-breakpoint
CREATE TABLE "rolecall"."inbox" (
	"id" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"type" text,
	"at" bigint,
	"instance_id" text,
	"organization_id" text,
	"user_id" text,
	"body" "bytea",
	"body_sha256" "bytea" NOT NULL,
	"outcome" text NOT NULL,
	"reason" text NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"committed_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "inbox_outcome" CHECK ("rolecall"."inbox"."outcome" in ('applied', 'stale', 'ignored', 'held', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "rolecall"."invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"email" text,
	"role" text NOT NULL,
	"scoped" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"inviter_id" text,
	"inviter_role" text,
	"status" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"version_updated_at" bigint NOT NULL,
	"version_at" bigint NOT NULL,
	"row_version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "invitations_status" CHECK ("rolecall"."invitations"."status" in ('pending', 'accepted', 'revoked', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "rolecall"."memberships" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"user_id" text,
	"created_at" bigint,
	"role" text,
	"scoped" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"ceiling" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"flaws" text[] DEFAULT '{}' NOT NULL,
	"contested" boolean DEFAULT false NOT NULL,
	"version_updated_at" bigint,
	"version_at" bigint,
	"effective_at" bigint,
	"seen_at" bigint,
	"absent_at" bigint,
	"deleted_at" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"version_updated_at" bigint,
	"version_at" bigint,
	"features" text[] DEFAULT '{}' NOT NULL,
	"agents" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"flaws" text[] DEFAULT '{}' NOT NULL,
	"deleted_at" bigint,
	"cutoff" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."pairs" (
	"organization_id" text NOT NULL,
	"user_id" text NOT NULL,
	"membership_id" text NOT NULL,
	"membership_created_at" bigint NOT NULL,
	"first_joined_at" bigint NOT NULL,
	"cutoff" bigint,
	"revocation_at" bigint,
	"left_roles" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"row_version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "pairs_organization_id_user_id_pk" PRIMARY KEY("organization_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."permission_keys" (
	"key" text PRIMARY KEY NOT NULL,
	"permission_id" text NOT NULL,
	"permission_created_at" bigint NOT NULL,
	"deleted_at" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."permissions" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text,
	"created_at" bigint,
	"deleted_at" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."active_policy" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"digest" text,
	"scopes" text[] DEFAULT '{}' NOT NULL,
	"reached" text[] DEFAULT '{}' NOT NULL,
	"reads_organizations" boolean DEFAULT false NOT NULL,
	"first_role" text,
	"first_count" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "active_policy_only" CHECK ("rolecall"."active_policy"."only")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."findings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rolecall"."findings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"organization_id" text NOT NULL,
	"role" text NOT NULL,
	"detail" jsonb NOT NULL,
	"found_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "rolecall"."holds" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rolecall"."holds_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"status" text DEFAULT 'waiting' NOT NULL,
	"difference" jsonb NOT NULL,
	"payload" jsonb NOT NULL,
	"raised_by" text NOT NULL,
	"reason" text NOT NULL,
	"raised_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"decision_reason" text DEFAULT '' NOT NULL,
	CONSTRAINT "holds_kind" CHECK ("rolecall"."holds"."kind" in ('policy')),
	CONSTRAINT "holds_status" CHECK ("rolecall"."holds"."status" in ('waiting', 'approved', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "rolecall"."policies" (
	"version" bigint PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"document" jsonb NOT NULL,
	"compiled" jsonb NOT NULL,
	"digest" text NOT NULL,
	"applied_by" text NOT NULL,
	"reason" text NOT NULL,
	"applied_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."role_keys" (
	"key" text PRIMARY KEY NOT NULL,
	"role_id" text,
	"role_created_at" bigint,
	"bound" text[],
	"bound_at" bigint,
	"provided" text[] DEFAULT '{}' NOT NULL,
	"scope" text DEFAULT 'organization' NOT NULL,
	"grants" text[] DEFAULT '{}' NOT NULL,
	"featured" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"cutoff" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."roles" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text,
	"name" text,
	"description" text,
	"permissions" text[] DEFAULT '{}' NOT NULL,
	"created_at" bigint,
	"version_updated_at" bigint,
	"version_at" bigint,
	"deleted_at" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"ended_at" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolecall"."users" (
	"id" text PRIMARY KEY NOT NULL,
	"version_updated_at" bigint,
	"version_at" bigint,
	"suspended" boolean DEFAULT false NOT NULL,
	"password_changed_at" bigint,
	"deleted_at" bigint,
	"cutoff" bigint,
	"row_version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "changes_delivery" ON "rolecall"."changes" USING btree ("delivery_id");--> statement-breakpoint
CREATE INDEX "changes_member" ON "rolecall"."changes" USING btree ("organization_id","user_id","revision");--> statement-breakpoint
CREATE UNIQUE INDEX "effects_owed_once" ON "rolecall"."effects" USING btree ("kind","organization_id","user_id") WHERE "rolecall"."effects"."status" = 'owed' and "rolecall"."effects"."kind" <> 'revoke_holders';--> statement-breakpoint
CREATE INDEX "effects_due" ON "rolecall"."effects" USING btree ("lane","due_at") WHERE "rolecall"."effects"."status" = 'owed';--> statement-breakpoint
CREATE INDEX "effects_delivery" ON "rolecall"."effects" USING btree ("delivery_id");--> statement-breakpoint
CREATE INDEX "inbox_received_at" ON "rolecall"."inbox" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "inbox_unfinished" ON "rolecall"."inbox" USING btree ("outcome","received_at") WHERE "rolecall"."inbox"."outcome" in ('held', 'failed');--> statement-breakpoint
CREATE INDEX "invitations_organization" ON "rolecall"."invitations" USING btree ("organization_id","status","created_at");--> statement-breakpoint
CREATE INDEX "memberships_role" ON "rolecall"."memberships" USING btree ("role");--> statement-breakpoint
CREATE INDEX "memberships_flawed" ON "rolecall"."memberships" USING btree ("organization_id") WHERE "rolecall"."memberships"."flaws" <> '{}';--> statement-breakpoint
CREATE INDEX "organizations_flawed" ON "rolecall"."organizations" USING btree ("id") WHERE "rolecall"."organizations"."flaws" <> '{}';--> statement-breakpoint
CREATE INDEX "pairs_first" ON "rolecall"."pairs" USING btree ("organization_id","first_joined_at","user_id");--> statement-breakpoint
CREATE INDEX "pairs_user" ON "rolecall"."pairs" USING btree ("user_id","organization_id");--> statement-breakpoint
CREATE INDEX "findings_open" ON "rolecall"."findings" USING btree ("organization_id","kind","role") WHERE "rolecall"."findings"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "holds_waiting" ON "rolecall"."holds" USING btree ("raised_at") WHERE "rolecall"."holds"."status" = 'waiting';--> statement-breakpoint
CREATE INDEX "sessions_user" ON "rolecall"."sessions" USING btree ("user_id");