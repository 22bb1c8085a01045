-- The two statements of the way in: rolecall.read_facts before a decision, rolecall.commit_decision after it.
-- Every statement in them looks rows up in an index, one by one: a plan made while the tables were empty is kept for
-- ever, and must not read them whole, by whichever way, when they are large.
CREATE FUNCTION rolecall.texts(value jsonb) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce((SELECT array_agg(e) FROM jsonb_array_elements_text(coalesce(value, '[]')) AS e), '{}');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.texts(jsonb) IS 'Internal. A JSON array of strings as text[]; null becomes an empty array.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_facts(keys jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  -- A change of a role or permission is decided on the whole catalogue, which is small: O(roles).
  whole_catalog boolean := coalesce((keys->>'catalog')::boolean, false);
  wanted_deliveries text[] := ARRAY(SELECT jsonb_array_elements_text(keys->'deliveries'));
  wanted_users text[] := ARRAY(SELECT jsonb_array_elements_text(keys->'users'));
  wanted_organizations text[] := ARRAY(SELECT jsonb_array_elements_text(keys->'organizations'));
  wanted_sessions text[] := ARRAY(SELECT jsonb_array_elements_text(keys->'sessions'));
  wanted_memberships text[] := ARRAY(SELECT jsonb_array_elements_text(keys->'memberships'));
  wanted_role_keys text[] := ARRAY(SELECT jsonb_array_elements_text(keys->'roleKeys'));
  wanted_roles text[] := '{}';
  wanted_pairs jsonb := coalesce(keys->'pairs', '[]');
  more text[];
  more_roles text;
  rows jsonb;
  facts jsonb := '{}';
BEGIN
  -- Each kind of row is only touched where it is asked for: locking a table's indexes costs more than reading a row.
  IF jsonb_array_length(wanted_pairs) < cardinality(wanted_memberships) THEN
    -- A deletion may name the membership alone: its pair comes from what is known of it.
    SELECT wanted_pairs || coalesce(jsonb_agg(jsonb_build_array(m.organization_id, m.user_id)), '[]')
      INTO wanted_pairs FROM rolecall.memberships AS m
     WHERE m.id = ANY (wanted_memberships) AND m.organization_id IS NOT NULL;
  END IF;

  IF jsonb_array_length(wanted_pairs) > 0 THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'organizationId', r.organization_id, 'userId', r.user_id,
             'membershipId', r.membership_id, 'membershipCreatedAt', r.membership_created_at,
             'cutoff', r.cutoff, 'revocationAt', r.revocation_at, 'rowVersion', r.row_version)), '[]'),
           array_agg(r.membership_id)
      INTO rows, more FROM rolecall.pairs AS r
     WHERE (r.organization_id, r.user_id) IN (SELECT w->>0, w->>1 FROM jsonb_array_elements(wanted_pairs) AS w);
    facts := facts || jsonb_build_object('members', rows);
    wanted_memberships := wanted_memberships || more;
  END IF;

  IF cardinality(wanted_memberships) > 0 THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id, 'organizationId', r.organization_id, 'userId', r.user_id,
             'createdAt', r.created_at, 'role', r.role, 'ceiling', r.ceiling,
             'contested', r.contested,
             'version', CASE WHEN r.version_at IS NOT NULL THEN jsonb_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'effectiveAt', r.effective_at, 'seenAt', r.seen_at, 'absentAt', r.absent_at,
             'deletedAt', r.deleted_at, 'rowVersion', r.row_version)), '[]'),
           string_agg(array_to_string(r.ceiling || r.role, ' '), ' ')
      INTO rows, more_roles FROM rolecall.memberships AS r
     WHERE r.id = ANY (wanted_memberships);
    facts := facts || jsonb_build_object('memberships', rows);
    wanted_role_keys := wanted_role_keys || string_to_array(more_roles, ' ');
  END IF;

  IF whole_catalog OR cardinality(wanted_role_keys) > 0 THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'key', r.key, 'roleId', r.role_id, 'roleCreatedAt', r.role_created_at, 'bound', r.bound,
             'boundAt', r.bound_at, 'grants', r.grants, 'cutoff', r.cutoff,
             'rowVersion', r.row_version)), '[]'),
           array_agg(r.role_id)
      INTO rows, wanted_roles FROM rolecall.role_keys AS r
     WHERE whole_catalog OR r.key = ANY (wanted_role_keys);
    facts := facts || jsonb_build_object('roleKeys', rows);
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id, 'key', r.key, 'name', r.name, 'description', r.description,
             'permissions', r.permissions, 'createdAt', r.created_at,
             'version', CASE WHEN r.version_at IS NOT NULL THEN jsonb_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'deletedAt', r.deleted_at, 'rowVersion', r.row_version)), '[]')
      INTO rows FROM rolecall.roles AS r
     WHERE whole_catalog OR r.id = ANY (wanted_roles);
    facts := facts || jsonb_build_object('roles', rows);
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'key', r.key, 'permissionId', r.permission_id,
             'permissionCreatedAt', r.permission_created_at, 'deletedAt', r.deleted_at,
             'rowVersion', r.row_version)), '[]')
      INTO rows FROM rolecall.permission_keys AS r
     WHERE whole_catalog OR r.deleted_at IS NOT NULL;
    facts := facts || jsonb_build_object('permissionKeys', rows);
  END IF;

  IF whole_catalog THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id, 'key', r.key, 'createdAt', r.created_at, 'deletedAt', r.deleted_at,
             'rowVersion', r.row_version)), '[]')
      INTO rows FROM rolecall.permissions AS r
     WHERE true;
    facts := facts || jsonb_build_object('permissions', rows);
  END IF;

  IF cardinality(wanted_users) > 0 THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id,
             'version', CASE WHEN r.version_at IS NOT NULL THEN jsonb_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'suspended', r.suspended, 'passwordChangedAt', r.password_changed_at,
             'deletedAt', r.deleted_at, 'cutoff', r.cutoff, 'rowVersion', r.row_version)), '[]')
      INTO rows FROM rolecall.users AS r
     WHERE r.id = ANY (wanted_users);
    facts := facts || jsonb_build_object('users', rows);
  END IF;

  IF cardinality(wanted_organizations) > 0 THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id, 'name', r.name,
             'version', CASE WHEN r.version_at IS NOT NULL THEN jsonb_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'deletedAt', r.deleted_at, 'cutoff', r.cutoff, 'rowVersion', r.row_version)), '[]')
      INTO rows FROM rolecall.organizations AS r
     WHERE r.id = ANY (wanted_organizations);
    facts := facts || jsonb_build_object('organizations', rows);
  END IF;

  IF cardinality(wanted_sessions) > 0 THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id, 'userId', r.user_id, 'endedAt', r.ended_at, 'rowVersion', r.row_version)), '[]')
      INTO rows FROM rolecall.sessions AS r
     WHERE r.id = ANY (wanted_sessions);
    facts := facts || jsonb_build_object('sessions', rows);
  END IF;

  RETURN jsonb_build_object(
    'catalogVersion', (SELECT c.catalog_version FROM rolecall.counter AS c WHERE c.only),
    'providerInstance', (SELECT i.provider_instance FROM rolecall.instance AS i WHERE i.only),
    'deliveries', coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', i.id, 'sha256', encode(i.body_sha256, 'hex')))
        FROM rolecall.inbox AS i WHERE i.id = ANY (wanted_deliveries)), '[]'),
    'facts', facts);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_facts(jsonb) IS
  'Internal. What a decision starts from: keys is {deliveries, memberships, users, organizations, sessions, roleKeys: [text], pairs: [[organization, user]], catalog: boolean}; returns the rows with their row versions, the catalogue''s version, the pinned instance and the hashes of deliveries already held.';
--> statement-breakpoint
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
--> statement-breakpoint
CREATE FUNCTION rolecall.owe_effects(owed jsonb, observe boolean) RETURNS integer
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted integer;
BEGIN
  INSERT INTO rolecall.effects AS e
    (kind, organization_id, user_id, lane, cutoff, only_when_last, status, due_at, delivery_id)
  SELECT w.kind, coalesce(w."organizationId", ''), coalesce(w."userId", ''), w.lane, w.cutoff,
         coalesce(w."onlyWhenLast", false),
         CASE WHEN observe AND w.kind = 'revoke_sessions' THEN 'observed' ELSE 'owed' END,
         clock_timestamp(), w.delivery
    FROM jsonb_to_recordset(owed) AS w(
           kind text, "organizationId" text, "userId" text, lane smallint, cutoff bigint, "onlyWhenLast" boolean,
           delivery text)
   ORDER BY 1, 2, 3
  ON CONFLICT (kind, organization_id, user_id) WHERE status = 'owed' DO UPDATE SET
    lane = least(e.lane, excluded.lane),
    cutoff = greatest(e.cutoff, excluded.cutoff),
    only_when_last = e.only_when_last AND excluded.only_when_last,
    delivery_id = coalesce(excluded.delivery_id, e.delivery_id),
    generation = e.generation + 1,
    progress = 0,
    -- Under way: ask again right after, what is being done may not cover this. Waiting for a retry: news is a reason
    -- to try now. Waiting for its turn: it keeps its place.
    due_at = least(e.due_at, excluded.due_at);
  GET DIAGNOSTICS counted = ROW_COUNT;
  RETURN counted;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.owe_effects(jsonb, boolean) IS
  'Internal. Writes what is owed to the outside, joining what is already owed for the same subject: the latest cutoff, the most urgent lane. In observe mode revocations are only noted.';
--> statement-breakpoint
CREATE FUNCTION rolecall.commit_decision(batch jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  rows jsonb := batch->'rows';
  moved jsonb := coalesce(batch->'changes', '[]');
  moves bigint := jsonb_array_length(coalesce(batch->'changes', '[]'));
  counted bigint;
  owed integer := 0;
  last_revision bigint;
  catalog bigint;
  clock bigint;
BEGIN
  -- Locks in one order everywhere: deliveries, users, organizations, roles, memberships, sessions, effects, counter.
  IF batch ? 'deliveries' THEN
    INSERT INTO rolecall.inbox (
      id, source, type, at, instance_id, organization_id, user_id, body, body_sha256, outcome, reason, received_at)
    SELECT d.id, d.source, d.type, d.at, d."instanceId", d."organizationId", d."userId",
           coalesce(convert_to(d.text, 'UTF8'), decode(d.base64, 'base64')), decode(d.sha256, 'hex'), d.outcome, d.reason,
           clock_timestamp() - make_interval(secs => d."waitedMs" / 1000.0)
      FROM jsonb_to_recordset(batch->'deliveries') AS d(
             id text, source text, type text, at bigint, "instanceId" text, "organizationId" text, "userId" text,
             text text, base64 text, sha256 text, outcome text, reason text, "waitedMs" double precision)
     ORDER BY d.id
    ON CONFLICT (id) DO NOTHING;
    GET DIAGNOSTICS counted = ROW_COUNT;
    IF counted <> jsonb_array_length(batch->'deliveries') THEN
      RAISE EXCEPTION 'rolecall: a delivery was taken by somebody else' USING ERRCODE = 'RCL01';
    END IF;
  END IF;

  IF batch->>'pin' IS NOT NULL THEN
    UPDATE rolecall.instance AS i SET provider_instance = batch->>'pin', pinned_at = clock_timestamp()
     WHERE i.only AND i.provider_instance IS NULL;
    IF NOT FOUND AND (SELECT i.provider_instance FROM rolecall.instance AS i WHERE i.only) <> batch->>'pin' THEN
      RAISE EXCEPTION 'rolecall: the instance was pinned by somebody else' USING ERRCODE = 'RCL01';
    END IF;
  END IF;

  IF rows IS NOT NULL THEN
    IF rows ? 'users' THEN
      PERFORM rolecall.put_users(rows#>'{users,checks}', rows#>'{users,writes}');
    END IF;
    IF rows ? 'organizations' THEN
      PERFORM rolecall.put_organizations(rows#>'{organizations,checks}', rows#>'{organizations,writes}');
    END IF;
    IF rows ? 'roles' THEN
      PERFORM rolecall.put_roles(rows#>'{roles,checks}', rows#>'{roles,writes}');
    END IF;
    IF rows ? 'roleKeys' THEN
      PERFORM rolecall.put_role_keys(rows#>'{roleKeys,checks}', rows#>'{roleKeys,writes}');
    END IF;
    IF rows ? 'permissions' THEN
      PERFORM rolecall.put_permissions(rows#>'{permissions,checks}', rows#>'{permissions,writes}');
    END IF;
    IF rows ? 'permissionKeys' THEN
      PERFORM rolecall.put_permission_keys(rows#>'{permissionKeys,checks}', rows#>'{permissionKeys,writes}');
    END IF;
    IF rows ? 'members' THEN
      PERFORM rolecall.put_pairs(rows#>'{members,checks}', rows#>'{members,writes}');
    END IF;
    IF rows ? 'memberships' THEN
      PERFORM rolecall.put_memberships(rows#>'{memberships,checks}', rows#>'{memberships,writes}');
    END IF;
    IF rows ? 'sessions' THEN
      PERFORM rolecall.put_sessions(rows#>'{sessions,checks}', rows#>'{sessions,writes}');
    END IF;
  END IF;

  IF batch ? 'effects' THEN
    owed := rolecall.owe_effects(batch->'effects', coalesce((batch->>'observe')::boolean, false));
  END IF;

  IF moves > 0 OR batch ? 'catalogVersion' THEN
    UPDATE rolecall.counter AS c
       SET revision = c.revision + moves,
           catalog_version = c.catalog_version + coalesce((batch->>'catalogMoves')::integer, 0)
     WHERE c.only
    RETURNING c.revision, c.catalog_version - coalesce((batch->>'catalogMoves')::integer, 0)
         INTO last_revision, catalog;
    IF batch ? 'catalogVersion' AND catalog <> (batch->>'catalogVersion')::bigint THEN
      RAISE EXCEPTION 'rolecall: the catalogue moved' USING ERRCODE = 'RCL01';
    END IF;
  END IF;

  IF moves > 0 THEN
    clock := floor(extract(epoch FROM clock_timestamp()) * 1000);
    INSERT INTO rolecall.changes (
      revision, kind, organization_id, user_id, role, permissions, cutoff_of, cutoff_id, cutoff_at, at, delivery_id,
      cause)
    SELECT last_revision - moves + m.position, m.change->>'kind', m.change->>'organizationId', m.change->>'userId',
           m.change->>'role', rolecall.texts(m.change->'permissions'), m.change#>>'{cutoff,of}',
           m.change#>>'{cutoff,id}',
           CASE WHEN (m.change#>>'{cutoff,notBeforeCommit}')::boolean
                THEN greatest((m.change#>>'{cutoff,at}')::bigint, clock)
                ELSE (m.change#>>'{cutoff,at}')::bigint END,
           (m.change->>'at')::bigint, m.change->>'delivery', m.change->>'cause'
      FROM jsonb_array_elements(moved) WITH ORDINALITY AS m(change, position);
    -- Roles and organizations reach members unseen: whatever was issued before this commit is cut off.
    IF moved @> '[{"cutoff": {"notBeforeCommit": true}}]' THEN
      UPDATE rolecall.role_keys AS k SET cutoff = greatest(k.cutoff, clock)
       WHERE k.key IN (SELECT m#>>'{cutoff,id}' FROM jsonb_array_elements(moved) AS m
                        WHERE m @> '{"cutoff": {"of": "role", "notBeforeCommit": true}}');
      UPDATE rolecall.organizations AS o SET cutoff = greatest(o.cutoff, clock)
       WHERE o.id IN (SELECT m#>>'{cutoff,id}' FROM jsonb_array_elements(moved) AS m
                       WHERE m @> '{"cutoff": {"of": "organization", "notBeforeCommit": true}}');
    END IF;
  END IF;

  RETURN jsonb_build_object('revision', last_revision, 'owed', owed);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.commit_decision(jsonb) IS
  'Internal. One decision, whole or not at all: deliveries, facts, changes and effects. Raises RCL01 when anything it rests on has moved since rolecall.read_facts: read and decide again.';
