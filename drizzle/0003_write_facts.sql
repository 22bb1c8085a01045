-- One function a table: lock what a decision rests on in order of its key, refuse when it has moved, then write.
-- They run inside of rolecall.commit_decision, and under its settings.
CREATE FUNCTION rolecall.put_users(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.id AS "id", r.row_version
      FROM jsonb_to_recordset(checks) AS c("id" text)
      JOIN rolecall.users AS r ON r.id = c."id"
     ORDER BY r.id FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("id" text, expect integer)
    LEFT JOIN held USING ("id")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: users moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.users AS r (id, version_updated_at, version_at, suspended, password_changed_at, deleted_at, cutoff, row_version)
  SELECT w."id", (w.version->>'updatedAt')::bigint, (w.version->>'at')::bigint, w."suspended", w."passwordChangedAt", w."deletedAt", w."cutoff", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("id" text, "version" jsonb, "suspended" boolean, "passwordChangedAt" bigint, "deletedAt" bigint, "cutoff" bigint, expect integer)
   ORDER BY w."id"
  ON CONFLICT (id) DO UPDATE SET
    version_updated_at = excluded.version_updated_at,
    version_at = excluded.version_at,
    suspended = excluded.suspended,
    password_changed_at = excluded.password_changed_at,
    deleted_at = excluded.deleted_at,
    cutoff = excluded.cutoff,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: users appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_users(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_organizations(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.id AS "id", r.row_version
      FROM jsonb_to_recordset(checks) AS c("id" text)
      JOIN rolecall.organizations AS r ON r.id = c."id"
     ORDER BY r.id FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("id" text, expect integer)
    LEFT JOIN held USING ("id")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: organizations moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.organizations AS r (id, name, version_updated_at, version_at, deleted_at, cutoff, row_version)
  SELECT w."id", w."name", (w.version->>'updatedAt')::bigint, (w.version->>'at')::bigint, w."deletedAt", w."cutoff", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("id" text, "name" text, "version" jsonb, "deletedAt" bigint, "cutoff" bigint, expect integer)
   ORDER BY w."id"
  ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    version_updated_at = excluded.version_updated_at,
    version_at = excluded.version_at,
    deleted_at = excluded.deleted_at,
    cutoff = excluded.cutoff,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: organizations appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_organizations(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_roles(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.id AS "id", r.row_version
      FROM jsonb_to_recordset(checks) AS c("id" text)
      JOIN rolecall.roles AS r ON r.id = c."id"
     ORDER BY r.id FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("id" text, expect integer)
    LEFT JOIN held USING ("id")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: roles moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.roles AS r (id, key, name, description, permissions, created_at, version_updated_at, version_at, deleted_at, row_version)
  SELECT w."id", w."key", w."name", w."description", w."permissions", w."createdAt", (w.version->>'updatedAt')::bigint, (w.version->>'at')::bigint, w."deletedAt", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("id" text, "key" text, "name" text, "description" text, "permissions" text[], "createdAt" bigint, "version" jsonb, "deletedAt" bigint, expect integer)
   ORDER BY w."id"
  ON CONFLICT (id) DO UPDATE SET
    key = excluded.key,
    name = excluded.name,
    description = excluded.description,
    permissions = excluded.permissions,
    created_at = excluded.created_at,
    version_updated_at = excluded.version_updated_at,
    version_at = excluded.version_at,
    deleted_at = excluded.deleted_at,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: roles appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_roles(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_role_keys(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.key AS "key", r.row_version
      FROM jsonb_to_recordset(checks) AS c("key" text)
      JOIN rolecall.role_keys AS r ON r.key = c."key"
     ORDER BY r.key FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("key" text, expect integer)
    LEFT JOIN held USING ("key")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: role_keys moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.role_keys AS r (key, role_id, role_created_at, bound, bound_at, grants, cutoff, row_version)
  SELECT w."key", w."roleId", w."roleCreatedAt", w."bound", w."boundAt", w."grants", w."cutoff", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("key" text, "roleId" text, "roleCreatedAt" bigint, "bound" text[], "boundAt" bigint, "grants" text[], "cutoff" bigint, expect integer)
   ORDER BY w."key"
  ON CONFLICT (key) DO UPDATE SET
    role_id = excluded.role_id,
    role_created_at = excluded.role_created_at,
    bound = excluded.bound,
    bound_at = excluded.bound_at,
    grants = excluded.grants,
    cutoff = excluded.cutoff,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: role_keys appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_role_keys(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_permissions(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.id AS "id", r.row_version
      FROM jsonb_to_recordset(checks) AS c("id" text)
      JOIN rolecall.permissions AS r ON r.id = c."id"
     ORDER BY r.id FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("id" text, expect integer)
    LEFT JOIN held USING ("id")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: permissions moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.permissions AS r (id, key, created_at, deleted_at, row_version)
  SELECT w."id", w."key", w."createdAt", w."deletedAt", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("id" text, "key" text, "createdAt" bigint, "deletedAt" bigint, expect integer)
   ORDER BY w."id"
  ON CONFLICT (id) DO UPDATE SET
    key = excluded.key,
    created_at = excluded.created_at,
    deleted_at = excluded.deleted_at,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: permissions appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_permissions(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_permission_keys(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.key AS "key", r.row_version
      FROM jsonb_to_recordset(checks) AS c("key" text)
      JOIN rolecall.permission_keys AS r ON r.key = c."key"
     ORDER BY r.key FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("key" text, expect integer)
    LEFT JOIN held USING ("key")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: permission_keys moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.permission_keys AS r (key, permission_id, permission_created_at, deleted_at, row_version)
  SELECT w."key", w."permissionId", w."permissionCreatedAt", w."deletedAt", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("key" text, "permissionId" text, "permissionCreatedAt" bigint, "deletedAt" bigint, expect integer)
   ORDER BY w."key"
  ON CONFLICT (key) DO UPDATE SET
    permission_id = excluded.permission_id,
    permission_created_at = excluded.permission_created_at,
    deleted_at = excluded.deleted_at,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: permission_keys appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_permission_keys(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_memberships(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.id AS "id", r.row_version
      FROM jsonb_to_recordset(checks) AS c("id" text)
      JOIN rolecall.memberships AS r ON r.id = c."id"
     ORDER BY r.id FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("id" text, expect integer)
    LEFT JOIN held USING ("id")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: memberships moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.memberships AS r (id, organization_id, user_id, created_at, role, ceiling, contested, version_updated_at, version_at, effective_at, seen_at, absent_at, deleted_at, row_version)
  SELECT w."id", w."organizationId", w."userId", w."createdAt", w."role", w."ceiling", w."contested", (w.version->>'updatedAt')::bigint, (w.version->>'at')::bigint, w."effectiveAt", w."seenAt", w."absentAt", w."deletedAt", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("id" text, "organizationId" text, "userId" text, "createdAt" bigint, "role" text, "ceiling" text[], "contested" boolean, "version" jsonb, "effectiveAt" bigint, "seenAt" bigint, "absentAt" bigint, "deletedAt" bigint, expect integer)
   ORDER BY w."id"
  ON CONFLICT (id) DO UPDATE SET
    organization_id = excluded.organization_id,
    user_id = excluded.user_id,
    created_at = excluded.created_at,
    role = excluded.role,
    ceiling = excluded.ceiling,
    contested = excluded.contested,
    version_updated_at = excluded.version_updated_at,
    version_at = excluded.version_at,
    effective_at = excluded.effective_at,
    seen_at = excluded.seen_at,
    absent_at = excluded.absent_at,
    deleted_at = excluded.deleted_at,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: memberships appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_memberships(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_pairs(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.organization_id AS "organizationId", r.user_id AS "userId", r.row_version
      FROM jsonb_to_recordset(checks) AS c("organizationId" text, "userId" text)
      JOIN rolecall.pairs AS r ON r.organization_id = c."organizationId" AND r.user_id = c."userId"
     ORDER BY r.organization_id, r.user_id FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("organizationId" text, "userId" text, expect integer)
    LEFT JOIN held USING ("organizationId", "userId")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: pairs moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.pairs AS r (organization_id, user_id, membership_id, membership_created_at, cutoff, revocation_at, row_version)
  SELECT w."organizationId", w."userId", w."membershipId", w."membershipCreatedAt", w."cutoff", w."revocationAt", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("organizationId" text, "userId" text, "membershipId" text, "membershipCreatedAt" bigint, "cutoff" bigint, "revocationAt" bigint, expect integer)
   ORDER BY w."organizationId", w."userId"
  ON CONFLICT (organization_id, user_id) DO UPDATE SET
    membership_id = excluded.membership_id,
    membership_created_at = excluded.membership_created_at,
    cutoff = excluded.cutoff,
    revocation_at = excluded.revocation_at,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: pairs appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_pairs(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_sessions(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
BEGIN
  WITH held AS (
    SELECT r.id AS "id", r.row_version
      FROM jsonb_to_recordset(checks) AS c("id" text)
      JOIN rolecall.sessions AS r ON r.id = c."id"
     ORDER BY r.id FOR UPDATE OF r
  )
  SELECT count(*) INTO counted
    FROM jsonb_to_recordset(checks) AS c("id" text, expect integer)
    LEFT JOIN held USING ("id")
   WHERE coalesce(held.row_version, 0) <> c.expect;
  IF counted > 0 THEN
    RAISE EXCEPTION 'rolecall: sessions moved' USING ERRCODE = 'RCL01';
  END IF;
  INSERT INTO rolecall.sessions AS r (id, user_id, ended_at, row_version)
  SELECT w."id", w."userId", w."endedAt", w.expect + 1
    FROM jsonb_to_recordset(writes) AS w("id" text, "userId" text, "endedAt" bigint, expect integer)
   ORDER BY w."id"
  ON CONFLICT (id) DO UPDATE SET
    user_id = excluded.user_id,
    ended_at = excluded.ended_at,
    row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: sessions appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_sessions(jsonb, jsonb) IS
  'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.';
