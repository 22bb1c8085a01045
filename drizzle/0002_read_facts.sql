-- The first statement of the way in: what a decision starts from. The second is rolecall.commit_decision.
-- Every statement in both looks rows up in an index, one by one: a plan made while the tables were empty is kept for
-- ever, and must not read them whole, by whichever way, when they are large.
CREATE FUNCTION rolecall.roles_in(role text, scoped jsonb, ceiling jsonb) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN scoped = '{}' AND ceiling = '[]' THEN ARRAY[role]
    ELSE ARRAY[role] || ARRAY(
      SELECT held #>> '{}' FROM (
        SELECT jsonb_path_query(scoped, '$.*.*') UNION ALL SELECT jsonb_path_query(ceiling, '$[*].role')
        UNION ALL SELECT jsonb_path_query(ceiling, '$[*].scoped.*.*')) AS roles(held))
  END;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.roles_in(text, jsonb, jsonb) IS
  'Internal. The keys of every role that a membership holds, in the organization and in resources, believed or waiting.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_facts(keys jsonb) RETURNS json
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
  policy rolecall.active_policy%ROWTYPE;
  -- As text: put together as jsonb, each row would be taken apart and made anew at every level.
  found_users json := '[]';
  found_organizations json := '[]';
  found_roles json := '[]';
  found_role_keys json := '[]';
  found_permissions json := '[]';
  found_permission_keys json := '[]';
  found_members json := '[]';
  found_memberships json := '[]';
  found_sessions json := '[]';
  found_invitations json := '[]';
BEGIN
  SELECT * INTO STRICT policy FROM rolecall.active_policy AS a WHERE a.only;

  -- Each kind of row is only touched where it is asked for: locking a table's indexes costs more than reading a row.
  IF cardinality(wanted_memberships) > 0 THEN
    -- A deletion may name the membership alone: its pair comes from what is known of it. Whatever else is in the batch:
    -- how many pairs it names says nothing of that.
    SELECT wanted_pairs || coalesce(jsonb_agg(jsonb_build_array(m.organization_id, m.user_id)), '[]')
      INTO wanted_pairs FROM rolecall.memberships AS m
     WHERE m.id = ANY (wanted_memberships) AND m.organization_id IS NOT NULL;
  END IF;

  IF policy.first_count > 0 AND jsonb_array_length(wanted_pairs) > 0 THEN
    -- Who joined first decides a role: those pairs are read with every other one of their organization.
    SELECT wanted_pairs || coalesce(jsonb_agg(jsonb_build_array(f.organization_id, f.user_id)), '[]') INTO wanted_pairs
      FROM (SELECT DISTINCT w->>0 AS id FROM jsonb_array_elements(wanted_pairs) AS w) AS o,
           LATERAL (SELECT p.organization_id, p.user_id FROM rolecall.pairs AS p WHERE p.organization_id = o.id
                     ORDER BY p.first_joined_at, p.user_id COLLATE "C" LIMIT policy.first_count) AS f;
    wanted_role_keys := wanted_role_keys || policy.first_role;
  END IF;

  IF (policy.reads_organizations OR policy.first_count > 0) AND jsonb_array_length(wanted_pairs) > 0 THEN
    wanted_organizations := wanted_organizations
      || ARRAY(SELECT DISTINCT w->>0 FROM jsonb_array_elements(wanted_pairs) AS w);
  END IF;

  IF jsonb_array_length(wanted_pairs) > 0 THEN
    SELECT coalesce(json_agg(json_build_object(
             'organizationId', r.organization_id, 'userId', r.user_id,
             'membershipId', r.membership_id, 'membershipCreatedAt', r.membership_created_at,
             'firstJoinedAt', r.first_joined_at,
             'cutoff', r.cutoff, 'revocationAt', r.revocation_at, 'left', r.left_roles, 'rowVersion', r.row_version)), '[]'),
           array_agg(r.membership_id)
      INTO found_members, more FROM rolecall.pairs AS r
     WHERE (r.organization_id, r.user_id) IN (SELECT w->>0, w->>1 FROM jsonb_array_elements(wanted_pairs) AS w);
    wanted_memberships := wanted_memberships || more;
  END IF;

  IF cardinality(wanted_memberships) > 0 THEN
    SELECT coalesce(json_agg(json_build_object(
             'id', r.id, 'organizationId', r.organization_id, 'userId', r.user_id,
             'createdAt', r.created_at, 'role', r.role, 'scoped', r.scoped, 'ceiling', r.ceiling, 'flaws', r.flaws,
             'contested', r.contested,
             'version', CASE WHEN r.version_at IS NOT NULL THEN json_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'effectiveAt', r.effective_at, 'seenAt', r.seen_at, 'absentAt', r.absent_at,
             'deletedAt', r.deleted_at, 'rowVersion', r.row_version)), '[]'),
           -- Most hold one role: a function that cannot be inlined costs more than the rest of the row.
           string_agg(CASE WHEN r.scoped = '{}' AND r.ceiling = '[]' THEN r.role
                           ELSE array_to_string(rolecall.roles_in(r.role, r.scoped, r.ceiling), ' ') END, ' ')
      INTO found_memberships, more_roles FROM rolecall.memberships AS r
     WHERE r.id = ANY (wanted_memberships);
    wanted_role_keys := wanted_role_keys || string_to_array(more_roles, ' ');
  END IF;

  -- Whether a feature that is switched off takes anything away is told by the roles whose grants hang on features.
  IF policy.reads_organizations AND jsonb_array_length(keys->'organizations') > 0 THEN
    wanted_role_keys := wanted_role_keys
      || ARRAY(SELECT r.key FROM rolecall.role_keys AS r WHERE r.featured <> '{}');
  END IF;

  IF whole_catalog OR cardinality(wanted_role_keys) > 0 THEN
    SELECT coalesce(json_agg(json_build_object(
             'key', r.key, 'roleId', r.role_id, 'roleCreatedAt', r.role_created_at, 'bound', r.bound,
             'boundAt', r.bound_at, 'provided', r.provided, 'scope', r.scope, 'grants', r.grants,
             'featured', r.featured, 'cutoff', r.cutoff,
             'rowVersion', r.row_version)), '[]'),
           array_agg(r.role_id)
      INTO found_role_keys, wanted_roles FROM rolecall.role_keys AS r
     WHERE whole_catalog OR r.key = ANY (wanted_role_keys);
    SELECT coalesce(json_agg(json_build_object(
             'id', r.id, 'key', r.key, 'name', r.name, 'description', r.description,
             'permissions', r.permissions, 'createdAt', r.created_at,
             'version', CASE WHEN r.version_at IS NOT NULL THEN json_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'deletedAt', r.deleted_at, 'rowVersion', r.row_version)), '[]')
      INTO found_roles FROM rolecall.roles AS r
     WHERE whole_catalog OR r.id = ANY (wanted_roles);
    SELECT coalesce(json_agg(json_build_object(
             'key', r.key, 'permissionId', r.permission_id,
             'permissionCreatedAt', r.permission_created_at, 'deletedAt', r.deleted_at,
             'rowVersion', r.row_version)), '[]')
      INTO found_permission_keys FROM rolecall.permission_keys AS r
     WHERE whole_catalog OR r.deleted_at IS NOT NULL;
  END IF;

  IF whole_catalog THEN
    SELECT coalesce(json_agg(json_build_object(
             'id', r.id, 'key', r.key, 'createdAt', r.created_at, 'deletedAt', r.deleted_at,
             'rowVersion', r.row_version)), '[]')
      INTO found_permissions FROM rolecall.permissions AS r
     WHERE true;
  END IF;

  IF cardinality(wanted_users) > 0 THEN
    SELECT coalesce(json_agg(json_build_object(
             'id', r.id,
             'version', CASE WHEN r.version_at IS NOT NULL THEN json_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'suspended', r.suspended, 'passwordChangedAt', r.password_changed_at,
             'deletedAt', r.deleted_at, 'cutoff', r.cutoff, 'rowVersion', r.row_version)), '[]')
      INTO found_users FROM rolecall.users AS r
     WHERE r.id = ANY (wanted_users);
  END IF;

  IF cardinality(wanted_organizations) > 0 THEN
    SELECT coalesce(json_agg(json_build_object(
             'id', r.id, 'name', r.name,
             'version', CASE WHEN r.version_at IS NOT NULL THEN json_build_object('updatedAt', r.version_updated_at, 'at', r.version_at) END,
             'features', r.features, 'agents', r.agents, 'flaws', r.flaws,
             'deletedAt', r.deleted_at, 'cutoff', r.cutoff, 'rowVersion', r.row_version)), '[]')
      INTO found_organizations FROM rolecall.organizations AS r
     WHERE r.id = ANY (wanted_organizations);
  END IF;

  IF cardinality(wanted_sessions) > 0 THEN
    SELECT coalesce(json_agg(json_build_object(
             'id', r.id, 'userId', r.user_id, 'endedAt', r.ended_at, 'rowVersion', r.row_version)), '[]')
      INTO found_sessions FROM rolecall.sessions AS r
     WHERE r.id = ANY (wanted_sessions);
  END IF;

  IF jsonb_array_length(coalesce(keys->'invitations', '[]')) > 0 THEN
    SELECT coalesce(json_agg(json_build_object(
             'id', r.id, 'organizationId', r.organization_id, 'email', r.email, 'role', r.role, 'scoped', r.scoped,
             'inviterId', r.inviter_id, 'inviterRole', r.inviter_role, 'status', r.status, 'createdAt', r.created_at,
             'expiresAt', r.expires_at,
             'version', json_build_object('updatedAt', r.version_updated_at, 'at', r.version_at),
             'rowVersion', r.row_version)), '[]')
      INTO found_invitations FROM rolecall.invitations AS r
     WHERE r.id IN (SELECT jsonb_array_elements_text(keys->'invitations'));
  END IF;

  RETURN json_build_object(
    'policyDigest', policy.digest,
    -- Whoever has seen it before keeps it: it never changes under one digest.
    'policy', CASE WHEN policy.digest <> coalesce(keys->>'policyDigest', '')
                   THEN (SELECT p.compiled FROM rolecall.policies AS p WHERE p.version = policy.version) END,
    'catalogVersion', (SELECT c.catalog_version FROM rolecall.counter AS c WHERE c.only),
    'providerInstance', (SELECT i.provider_instance FROM rolecall.instance AS i WHERE i.only),
    'deliveries', coalesce((
      SELECT json_agg(json_build_object('id', i.id, 'sha256', encode(i.body_sha256, 'hex')))
        FROM rolecall.inbox AS i WHERE i.id = ANY (wanted_deliveries)), '[]'),
    'facts', json_build_object(
      'users', found_users, 'organizations', found_organizations, 'roles', found_roles, 'roleKeys', found_role_keys,
      'permissions', found_permissions, 'permissionKeys', found_permission_keys, 'members', found_members,
      'memberships', found_memberships, 'sessions', found_sessions, 'invitations', found_invitations));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_facts(jsonb) IS
  'Internal. What a decision starts from: keys is {deliveries, memberships, users, organizations, sessions, invitations, roleKeys: [text], pairs: [[organization, user]], catalog: boolean, policyDigest: text}; returns the active policy unless it is the one named, the rows with their row versions, the catalogue''s version, the pinned instance and the hashes of deliveries already held.';
