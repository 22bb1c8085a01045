-- What readers see. Tables are private; views and functions answer with their owner's rights, and the owner cannot log in.
CREATE VIEW rolecall.access AS
SELECT p.organization_id, p.user_id, m.role, m.created_at AS since, coalesce(u.suspended, false) AS suspended,
       m.ceiling,
       CASE
         WHEN m.contested OR coalesce(u.suspended, false) THEN '{}'::text[]
         WHEN m.ceiling = '{}' THEN coalesce(k.grants, '{}')
         -- Newer roles wait for the provider's word: until then, what all of them grant.
         ELSE ARRAY(
           SELECT g.permission FROM unnest(k.grants) AS g(permission)
            WHERE NOT EXISTS (
              SELECT FROM unnest(m.ceiling) AS c(key)
                LEFT JOIN rolecall.role_keys AS ck ON ck.key = c.key
               WHERE NOT coalesce(ck.grants @> ARRAY[g.permission], false)))
       END AS permissions
  FROM rolecall.pairs AS p
  JOIN rolecall.memberships AS m ON m.id = p.membership_id
  LEFT JOIN rolecall.role_keys AS k ON k.key = m.role
  LEFT JOIN rolecall.users AS u ON u.id = p.user_id
  LEFT JOIN rolecall.organizations AS o ON o.id = p.organization_id
 WHERE m.deleted_at IS NULL AND m.role IS NOT NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at)
   AND u.deleted_at IS NULL AND o.deleted_at IS NULL;
--> statement-breakpoint
COMMENT ON VIEW rolecall.access IS 'Internal. Who is a member now and what they hold; the other views and functions rest on it.';
--> statement-breakpoint
CREATE VIEW rolecall.members AS
SELECT a.organization_id, a.user_id, a.role, to_timestamp(a.since / 1000.0) AS since, a.suspended FROM rolecall.access AS a;
--> statement-breakpoint
COMMENT ON VIEW rolecall.members IS
  'Who is a member of which organization now: role as the provider sends it, since when, and whether the user is suspended (banned or deprovisioned: a member without any permission).';
--> statement-breakpoint
CREATE VIEW rolecall.current_permissions AS
SELECT a.organization_id, a.user_id, g.permission FROM rolecall.access AS a, unnest(a.permissions) AS g(permission);
--> statement-breakpoint
COMMENT ON VIEW rolecall.current_permissions IS 'Every permission that is held outright in an organization now, a row each.';
--> statement-breakpoint
CREATE FUNCTION rolecall.has_permission(
  user_id text, organization_id text, permission text,
  owner_id text DEFAULT NULL, scope_type text DEFAULT NULL, scope_id text DEFAULT NULL) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  -- The provider's roles know no scopes inside an organization: whoever asks about one is told no.
  RETURN has_permission.scope_type IS NULL AND has_permission.scope_id IS NULL AND EXISTS (
    SELECT FROM rolecall.access AS a
     WHERE a.user_id = has_permission.user_id AND a.organization_id = has_permission.organization_id
       AND a.permissions @> ARRAY[has_permission.permission]);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.has_permission(text, text, text, text, text, text) IS
  'Whether the user holds the permission in the organization now. Null, empty or unknown arguments: false. The owner matters only to permissions that hold for owned rows; a scope only to policies that know scopes. Does not look at tokens: see rolecall.token_is_current.';
--> statement-breakpoint
CREATE FUNCTION rolecall.token_is_current(
  user_id text, organization_id text, session_id text, issued_at timestamptz) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  RETURN coalesce(
    token_is_current.user_id <> '' AND token_is_current.organization_id <> '' AND token_is_current.session_id <> ''
    AND isfinite(token_is_current.issued_at) AND token_is_current.issued_at <= now() + interval '1 minute'
    AND NOT EXISTS (
      SELECT FROM rolecall.sessions AS s
       WHERE s.id = token_is_current.session_id
         AND (s.ended_at IS NOT NULL OR s.user_id <> token_is_current.user_id))
    AND floor(extract(epoch FROM token_is_current.issued_at)) > coalesce((
      SELECT max(c.cutoff) / 1000 FROM (
        SELECT u.cutoff FROM rolecall.users AS u WHERE u.id = token_is_current.user_id
        UNION ALL
        SELECT o.cutoff FROM rolecall.organizations AS o WHERE o.id = token_is_current.organization_id
        UNION ALL
        SELECT p.cutoff FROM rolecall.pairs AS p
         WHERE p.organization_id = token_is_current.organization_id AND p.user_id = token_is_current.user_id
        UNION ALL
        SELECT k.cutoff FROM rolecall.pairs AS p
          JOIN rolecall.memberships AS m ON m.id = p.membership_id
          JOIN rolecall.role_keys AS k ON k.key = ANY (m.ceiling || m.role)
         WHERE p.organization_id = token_is_current.organization_id AND p.user_id = token_is_current.user_id
      ) AS c), -1)
    AND NOT EXISTS (
      SELECT FROM rolecall.users AS u
       WHERE u.id = token_is_current.user_id AND (u.deleted_at IS NOT NULL OR u.suspended))
    AND NOT EXISTS (
      SELECT FROM rolecall.organizations AS o
       WHERE o.id = token_is_current.organization_id AND o.deleted_at IS NOT NULL),
    false);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.token_is_current(text, text, text, timestamptz) IS
  'Whether a session token with these claims (sub, organization, sid, iat) is still to be honoured: refused when iat <= floor(cutoff in seconds) of its member, user, role or organization, when its session has ended or belongs to somebody else, when the user is suspended, when user or organization are deleted. Null, empty, infinite or future (more than a minute) arguments: false.';
--> statement-breakpoint
CREATE FUNCTION rolecall.revision() RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  RETURN (SELECT c.revision FROM rolecall.counter AS c);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.revision() IS
  'The number of the latest change. What is read in the same statement or snapshot is at least this fresh.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_standing(keys jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN jsonb_build_object(
    'revision', (SELECT c.revision FROM rolecall.counter AS c),
    'scopes', '[]'::jsonb,
    'members', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
               'organizationId', p.organization_id, 'userId', p.user_id, 'member', a.role IS NOT NULL,
               'role', a.role, 'scoped', '{}'::jsonb, 'suspended', coalesce(u.suspended, false),
               'contested', coalesce(m.contested, false), 'grants', coalesce(to_jsonb(a.permissions), '[]'),
               'cutoff', greatest(p.cutoff, u.cutoff, o.cutoff, (
                 SELECT max(k.cutoff) FROM rolecall.role_keys AS k WHERE k.key = ANY (m.ceiling || m.role)))))
        FROM jsonb_array_elements(keys->'members') AS w(pair)
        JOIN rolecall.pairs AS p ON p.organization_id = w.pair->>0 AND p.user_id = w.pair->>1
        LEFT JOIN rolecall.memberships AS m ON m.id = p.membership_id
        LEFT JOIN rolecall.users AS u ON u.id = p.user_id
        LEFT JOIN rolecall.organizations AS o ON o.id = p.organization_id
        LEFT JOIN rolecall.access AS a ON a.organization_id = p.organization_id AND a.user_id = p.user_id), '[]'),
    'agents', '[]'::jsonb,
    'sessions', coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', s.id, 'userId', s.user_id, 'ended', s.ended_at IS NOT NULL))
        FROM rolecall.sessions AS s
       WHERE s.id IN (SELECT jsonb_array_elements_text(keys->'sessions'))), '[]'));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_standing(jsonb) IS
  'Internal. Members, agents and sessions ({members: [[organization, user]], agents: [[organization, agent]], sessions: [id]}) as they stand now, with all they hold and the latest cutoff of each member.';
--> statement-breakpoint
CREATE FUNCTION rolecall.is_member_anywhere(person jsonb) RETURNS boolean
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (SELECT FROM rolecall.access AS a WHERE a.user_id = person->>'userId');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.is_member_anywhere(jsonb) IS
  'Internal. Whether the user ({userId}) is left with any membership.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_readiness(nothing jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN jsonb_build_object(
    'schemaVersion', 1,
    'providerInstance', (SELECT i.provider_instance FROM rolecall.instance AS i));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_readiness(jsonb) IS
  'Internal. The version of this schema, which the code compares with the one it was written for, and the pinned instance.';
--> statement-breakpoint
GRANT CREATE ON SCHEMA rolecall TO rolecall_owner;
--> statement-breakpoint
DO $$
DECLARE
  thing record;
BEGIN
  FOR thing IN
    SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
      FROM pg_catalog.pg_class AS c
     WHERE c.relnamespace = 'rolecall'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname <> 'migrations'
  LOOP
    EXECUTE format('ALTER %s %s OWNER TO rolecall_owner', thing.kind, thing.name);
  END LOOP;
  FOR thing IN
    SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = 'rolecall'::regnamespace
  LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO rolecall_owner', thing.name);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', thing.name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO rolecall_service', thing.name);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT SELECT ON rolecall.access TO rolecall_service;
--> statement-breakpoint
GRANT SELECT ON rolecall.members, rolecall.current_permissions TO rolecall_service, rolecall_reader;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION
  rolecall.has_permission(text, text, text, text, text, text),
  rolecall.token_is_current(text, text, text, timestamptz),
  rolecall.revision()
TO rolecall_reader;
