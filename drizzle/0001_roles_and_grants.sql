-- Who may do what. Nobody logs in as these roles: an operator grants them to login roles of his own.
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY[
    'rolecall_owner', 'rolecall_views', 'rolecall_service', 'rolecall_reader', 'rolecall_subject'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      END IF;
    EXCEPTION
      -- Roles belong to the whole cluster: another database's migration may have been faster.
      WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
  -- Only who may act as the owners can give things to them. Since Postgres 16 whoever creates a role may hand it out,
  -- but not act as it: membership alone says nothing.
  IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    BEGIN
      EXECUTE format('GRANT rolecall_owner, rolecall_views TO %I', current_user);
    EXCEPTION
      -- Somebody else created it and has, let us hope, granted it: if not, the last migration says so.
      WHEN insufficient_privilege OR unique_violation THEN NULL;
    END;
  END IF;
END
$$;
--> statement-breakpoint
INSERT INTO rolecall.counter DEFAULT VALUES;
--> statement-breakpoint
INSERT INTO rolecall.instance DEFAULT VALUES;
--> statement-breakpoint
INSERT INTO rolecall.active_policy DEFAULT VALUES;
--> statement-breakpoint
-- Full from the start: the bucket has been filling since the epoch.
INSERT INTO rolecall.provider_budget (refilled_at) VALUES ('epoch');
--> statement-breakpoint
GRANT USAGE ON SCHEMA rolecall TO rolecall_service, rolecall_reader, rolecall_subject;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON
  rolecall.inbox, rolecall.users, rolecall.organizations, rolecall.roles, rolecall.role_keys, rolecall.permissions,
  rolecall.permission_keys, rolecall.memberships, rolecall.pairs, rolecall.sessions, rolecall.effects,
  rolecall.counter, rolecall.instance, rolecall.provider_budget, rolecall.invitations, rolecall.active_policy,
  rolecall.findings, rolecall.holds
TO rolecall_service;
--> statement-breakpoint
-- Append-only: the service may add to the trail and to the history of policies, never touch them.
GRANT SELECT, INSERT ON rolecall.changes, rolecall.policies TO rolecall_service;
