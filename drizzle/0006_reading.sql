-- What readers see. Tables are private; views and functions answer with their owner's rights, and the owner cannot log in.
CREATE VIEW rolecall.standing AS
SELECT p.organization_id, p.user_id, coalesce(d.role, m.role) AS role, d.role AS derived_role, m.created_at AS since,
       coalesce(u.suspended, false) AS suspended, m.contested, m.scoped, m.ceiling,
       coalesce(o.features, '{}') AS features, p.cutoff
  FROM rolecall.pairs AS p
  JOIN rolecall.memberships AS m ON m.id = p.membership_id
  CROSS JOIN rolecall.active_policy AS a
  LEFT JOIN rolecall.users AS u ON u.id = p.user_id
  LEFT JOIN rolecall.organizations AS o ON o.id = p.organization_id
  -- Whoever was among the first to join has the role that the policy gives them, whatever became of the others. Of two
  -- who joined at once the one with the smaller id was first, in the order that the code knows, not in a language's.
  CROSS JOIN LATERAL (SELECT CASE WHEN a.first_count > 0 AND p.user_id IN (
    SELECT e.user_id FROM rolecall.pairs AS e WHERE e.organization_id = p.organization_id
     ORDER BY e.first_joined_at, e.user_id COLLATE "C" LIMIT a.first_count) THEN a.first_role END AS role) AS d
 WHERE m.deleted_at IS NULL AND m.role IS NOT NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at)
   AND u.deleted_at IS NULL AND o.deleted_at IS NULL;
--> statement-breakpoint
COMMENT ON VIEW rolecall.standing IS 'Internal. Who is a member now, in which roles; the other views and functions rest on it.';
--> statement-breakpoint
CREATE VIEW rolecall.access AS
SELECT s.organization_id, s.user_id, s.role, s.since, s.suspended, s.contested, s.scoped,
       CASE
         WHEN s.contested OR s.suspended THEN '{}'::text[]
         WHEN s.ceiling = '[]' OR s.derived_role IS NOT NULL THEN coalesce(h.grants, '{}')
         -- Newer roles wait for the provider's word: until then, what all of them grant.
         ELSE ARRAY(
           SELECT g.text FROM unnest(h.grants) AS g(text)
            WHERE NOT EXISTS (
              SELECT FROM jsonb_array_elements(s.ceiling) AS c(holding)
                LEFT JOIN rolecall.role_keys AS k ON k.key = c.holding->>'role' AND k.scope = 'organization'
               WHERE NOT coalesce((CASE WHEN k.featured = '{}' OR s.features = '{}' THEN k.grants ELSE k.grants || ARRAY(
                  SELECT g.text FROM unnest(s.features) AS f(name), jsonb_array_elements_text(k.featured->f.name) AS g(text)) END) && ARRAY[g.text, split_part(g.text, ' ', 1)], false)))
       END AS permissions
  FROM rolecall.standing AS s
  LEFT JOIN rolecall.role_keys AS k ON k.key = s.role AND k.scope = 'organization'
  CROSS JOIN LATERAL (SELECT CASE WHEN k.featured = '{}' OR s.features = '{}' THEN k.grants ELSE ARRAY(
                  SELECT unnest(k.grants) UNION
                  SELECT g.text FROM unnest(s.features) AS f(name), jsonb_array_elements_text(k.featured->f.name) AS g(text)) END AS grants) AS h;
--> statement-breakpoint
COMMENT ON VIEW rolecall.access IS
  'Internal. What each member holds in the organization itself, as "permission" or "permission condition".';
--> statement-breakpoint
CREATE VIEW rolecall.scoped_access AS
SELECT s.organization_id, s.user_id, t.type AS scope_type, r.id AS scope_id, r.role,
       CASE
         WHEN s.contested OR s.suspended THEN '{}'::text[]
         WHEN s.ceiling = '[]' THEN h.grants
         ELSE ARRAY(
           SELECT g.text FROM unnest(h.grants) AS g(text)
            WHERE NOT EXISTS (
              SELECT FROM jsonb_array_elements(s.ceiling) AS c(holding)
                LEFT JOIN rolecall.role_keys AS k
                  ON k.key = c.holding #>> ARRAY['scoped', t.type, r.id] AND k.scope = t.type
                -- What reaches into every resource is held in this one as well.
                LEFT JOIN rolecall.role_keys AS o
                  ON o.key = coalesce(s.derived_role, c.holding->>'role') AND o.scope = 'organization'
                     AND t.type = ANY ((SELECT a.reached FROM rolecall.active_policy AS a)::text[])
               WHERE NOT coalesce((CASE WHEN k.featured = '{}' OR s.features = '{}' THEN k.grants ELSE k.grants || ARRAY(
                  SELECT g.text FROM unnest(s.features) AS f(name), jsonb_array_elements_text(k.featured->f.name) AS g(text)) END) && ARRAY[g.text, split_part(g.text, ' ', 1)], false)
                 AND NOT coalesce((CASE WHEN o.featured = '{}' OR s.features = '{}' THEN o.grants ELSE o.grants || ARRAY(
                  SELECT g.text FROM unnest(s.features) AS f(name), jsonb_array_elements_text(o.featured->f.name) AS g(text)) END) && ARRAY[g.text, split_part(g.text, ' ', 1)], false)))
       END AS permissions
  FROM rolecall.standing AS s
  CROSS JOIN LATERAL jsonb_each(s.scoped) AS t(type, roles)
  CROSS JOIN LATERAL jsonb_each_text(t.roles) AS r(id, role)
  -- The organization is no resource inside itself, whatever metadata says.
  JOIN rolecall.role_keys AS k ON k.key = r.role AND k.scope = t.type AND k.scope <> 'organization'
  CROSS JOIN LATERAL (SELECT CASE WHEN k.featured = '{}' OR s.features = '{}' THEN k.grants ELSE ARRAY(
                  SELECT unnest(k.grants) UNION
                  SELECT g.text FROM unnest(s.features) AS f(name), jsonb_array_elements_text(k.featured->f.name) AS g(text)) END AS grants) AS h;
--> statement-breakpoint
COMMENT ON VIEW rolecall.scoped_access IS
  'Internal. What each member holds in resources through a role of their own there, a row each resource.';
--> statement-breakpoint
CREATE VIEW rolecall.members AS
SELECT s.organization_id, s.user_id, s.role, to_timestamp(s.since / 1000.0) AS since, s.suspended FROM rolecall.standing AS s;
--> statement-breakpoint
COMMENT ON VIEW rolecall.members IS
  'Who is a member of which organization now: role as the provider sends it or as the policy derives it, since when, and whether the user is suspended (banned or deprovisioned: a member without any permission).';
--> statement-breakpoint
CREATE VIEW rolecall.current_permissions AS
SELECT a.organization_id, a.user_id, g.text AS permission
  FROM rolecall.access AS a, unnest(a.permissions) AS g(text) WHERE position(' ' IN g.text) = 0;
--> statement-breakpoint
COMMENT ON VIEW rolecall.current_permissions IS 'Every permission that is held outright in an organization now, a row each.';
--> statement-breakpoint
CREATE VIEW rolecall.grants AS
SELECT h.organization_id, 'user' AS subject_type, h.user_id AS subject_id, h.role,
       split_part(g.text, ' ', 1) AS permission, nullif(split_part(g.text, ' ', 2), '') AS only,
       h.scope_type, h.scope_id
  FROM (
    SELECT a.organization_id, a.user_id, a.role, a.permissions, NULL::text AS scope_type, NULL::text AS scope_id
      FROM rolecall.access AS a
    UNION ALL
    SELECT a.organization_id, a.user_id, a.role, a.permissions, r.type, '*'
      FROM rolecall.access AS a, rolecall.active_policy AS p, unnest(p.reached) AS r(type)
    UNION ALL
    SELECT a.organization_id, a.user_id, a.role, a.permissions, a.scope_type, a.scope_id FROM rolecall.scoped_access AS a
  ) AS h, unnest(h.permissions) AS g(text)
UNION ALL
SELECT o.id, 'agent', a.id, NULL, 'tool:' || t.name, NULL, NULL, NULL
  FROM rolecall.organizations AS o, jsonb_each(o.agents) AS a(id, tools), jsonb_array_elements_text(a.tools) AS t(name),
       rolecall.active_policy AS p
 WHERE o.deleted_at IS NULL AND p.reads_organizations;
--> statement-breakpoint
COMMENT ON VIEW rolecall.grants IS
  'Everything that anybody holds now, a row each. subject_type is user or agent (an agent''s own list of tools, as tool:<name>); only is null, own or assigned; scope_type and scope_id name a resource, scope_id * every resource of that type, both null the organization itself.';
--> statement-breakpoint
CREATE FUNCTION rolecall.holds(
  user_id text, organization_id text, permission text, owner_id text, scope_type text, scope_id text) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  wanted text[] := CASE WHEN holds.owner_id = holds.user_id THEN ARRAY[holds.permission, holds.permission || ' own']
                        ELSE ARRAY[holds.permission] END;
BEGIN
  IF holds.permission IS NULL OR position(' ' IN holds.permission) > 0 THEN
    RETURN false;
  END IF;
  IF holds.scope_type IS NULL AND holds.scope_id IS NULL THEN
    RETURN EXISTS (
      SELECT FROM rolecall.access AS a
       WHERE a.user_id = holds.user_id AND a.organization_id = holds.organization_id AND a.permissions && wanted);
  END IF;
  RETURN coalesce(holds.scope_id NOT IN ('', '*'), false) AND (
    EXISTS (
      SELECT FROM rolecall.scoped_access AS a
       WHERE a.user_id = holds.user_id AND a.organization_id = holds.organization_id
         AND a.scope_type = holds.scope_type AND a.scope_id = holds.scope_id
         AND a.permissions && wanted)
    OR (EXISTS (SELECT FROM rolecall.active_policy AS p WHERE holds.scope_type = ANY (p.reached))
        AND EXISTS (
          SELECT FROM rolecall.access AS a
           WHERE a.user_id = holds.user_id AND a.organization_id = holds.organization_id
             AND a.permissions && wanted)));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.holds(text, text, text, text, text, text) IS
  'Internal. What rolecall.has_permission answers, whatever the access of the member hangs on.';
--> statement-breakpoint
-- The plan of rolecall.access has a dozen relations and subplans, most of them for what is rare: derived first roles,
-- late gains, features. Where there is none of it, six rows by their keys say the same. Nearly all of what that takes is to
-- begin: each relation, each step of an expression, each setting. So there are few of them, and nothing is joined that a
-- planner could join in another way.
CREATE FUNCTION rolecall.has_permission(
  user_id text, organization_id text, permission text,
  owner_id text DEFAULT NULL, scope_type text DEFAULT NULL, scope_id text DEFAULT NULL) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  held boolean;
BEGIN
  -- A permission has no space in it: what is asked for cannot name a condition.
  IF position(' ' IN has_permission.permission) = 0
     AND has_permission.scope_type IS NULL AND has_permission.scope_id IS NULL THEN
    SELECT CASE WHEN m.ceiling = '[]' AND (SELECT a.first_count = 0 FROM rolecall.active_policy AS a WHERE a.only) THEN (
             SELECT CASE WHEN k.featured = '{}' THEN
                      has_permission.permission = ANY (k.grants)
                      OR coalesce(has_permission.owner_id = has_permission.user_id, false)
                         AND has_permission.permission || ' own' = ANY (k.grants) END
               FROM rolecall.role_keys AS k WHERE k.key = m.role AND k.scope = 'organization') END
      INTO held
      FROM rolecall.memberships AS m
     WHERE m.id = (SELECT p.membership_id FROM rolecall.pairs AS p
                    WHERE p.user_id = has_permission.user_id AND p.organization_id = has_permission.organization_id)
       AND m.deleted_at IS NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at) AND NOT m.contested
       AND NOT EXISTS (SELECT FROM rolecall.users AS u
                        WHERE u.id = has_permission.user_id AND (u.deleted_at IS NOT NULL OR u.suspended))
       AND NOT EXISTS (SELECT FROM rolecall.organizations AS o
                        WHERE o.id = has_permission.organization_id AND o.deleted_at IS NOT NULL);
    IF held IS NOT NULL THEN
      RETURN held;
    END IF;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  RETURN rolecall.holds(
    has_permission.user_id, has_permission.organization_id, has_permission.permission, has_permission.owner_id,
    has_permission.scope_type, has_permission.scope_id);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.has_permission(text, text, text, text, text, text) IS
  'Whether the user holds the permission in the organization now. With scope_type and scope_id: in that resource, by a role there or by an organization role that reaches into it; one of the two alone: false. owner_id: whose the row is, for permissions that hold for own rows; assigned ones are never held here. Null, empty or unknown arguments: false. Does not look at tokens: see rolecall.token_is_current.';
--> statement-breakpoint
CREATE FUNCTION rolecall.organizations_with(user_id text, permission text) RETURNS SETOF text
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT a.organization_id FROM rolecall.access AS a
   WHERE a.user_id = organizations_with.user_id AND a.permissions @> ARRAY[organizations_with.permission]
     AND position(' ' IN organizations_with.permission) = 0;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.organizations_with(text, text) IS
  'The organizations in which the user holds the permission outright now; none for null, empty or unknown arguments.';
--> statement-breakpoint
-- What a role that was left gave is first heard of perhaps when nobody holds it any more.
CREATE FUNCTION rolecall.left_cutoff(user_id text, organization_id text, left_roles jsonb) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  held text[] := coalesce((
    SELECT a.permissions FROM rolecall.access AS a
     WHERE a.user_id = left_cutoff.user_id AND a.organization_id = left_cutoff.organization_id), '{}');
BEGIN
  RETURN (
    SELECT max(CASE WHEN EXISTS (
                      SELECT FROM unnest(CASE WHEN k.scope = 'organization' THEN k.grants END
                                         || CASE WHEN a.version = 0 THEN r.permissions END) AS g(text)
                       WHERE NOT held && ARRAY[g.text, split_part(g.text, ' ', 1)])
                    THEN l.until::bigint ELSE least(k.cutoff, CASE WHEN k.cutoff IS NOT NULL THEN l.until::bigint END) END)
      FROM jsonb_each_text(left_cutoff.left_roles) AS l(role, until)
      JOIN rolecall.active_policy AS a ON a.only
      JOIN rolecall.role_keys AS k ON k.key = l.role
      LEFT JOIN rolecall.roles AS r ON r.id = k.role_id);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.left_cutoff(text, text, jsonb) IS
  'Internal. Tokens from before the user left these roles ({role: milliseconds}) are refused where the role has lost something, or grants more than the user holds now; null where neither is so.';
--> statement-breakpoint
CREATE FUNCTION rolecall.cutoff_of(user_id text, organization_id text) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  latest bigint;
  is_plain boolean;
BEGIN
  -- As in rolecall.has_permission: most members have one role, by which nothing else hangs.
  SELECT greatest(u.cutoff, o.cutoff, p.cutoff, k.cutoff, CASE WHEN p.left_roles <> '{}' THEN
           rolecall.left_cutoff(p.user_id, p.organization_id, p.left_roles) END),
         a.first_count = 0 AND m.scoped = '{}' AND m.ceiling = '[]'
    INTO latest, is_plain
    FROM rolecall.active_policy AS a
    LEFT JOIN rolecall.users AS u ON u.id = cutoff_of.user_id
    LEFT JOIN rolecall.organizations AS o ON o.id = cutoff_of.organization_id
    LEFT JOIN rolecall.pairs AS p ON p.organization_id = cutoff_of.organization_id AND p.user_id = cutoff_of.user_id
    LEFT JOIN rolecall.memberships AS m ON m.id = p.membership_id
    LEFT JOIN rolecall.role_keys AS k ON k.key = m.role
   WHERE a.only;
  IF is_plain IS NOT FALSE THEN
    RETURN latest;
  END IF;
  RETURN (
    SELECT max(c.cutoff) FROM (
      SELECT u.cutoff FROM rolecall.users AS u WHERE u.id = cutoff_of.user_id
      UNION ALL
      SELECT o.cutoff FROM rolecall.organizations AS o WHERE o.id = cutoff_of.organization_id
      UNION ALL
      SELECT greatest(p.cutoff, rolecall.left_cutoff(p.user_id, p.organization_id, p.left_roles), (
               SELECT max(k.cutoff) FROM rolecall.memberships AS m
                 JOIN rolecall.role_keys AS k ON k.key = ANY (rolecall.roles_in(m.role, m.scoped, m.ceiling))
                WHERE m.id = p.membership_id), (
               SELECT k.cutoff FROM rolecall.standing AS s JOIN rolecall.role_keys AS k ON k.key = s.derived_role
                WHERE s.organization_id = p.organization_id AND s.user_id = p.user_id))
        FROM rolecall.pairs AS p
       WHERE p.organization_id = cutoff_of.organization_id AND p.user_id = cutoff_of.user_id
    ) AS c);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.cutoff_of(text, text) IS
  'Internal. Tokens of this user in this organization issued at or before it are refused: the latest cutoff of member, user, organization and every role held; null when there is none. Milliseconds.';
--> statement-breakpoint
CREATE FUNCTION rolecall.token_is_current(
  user_id text, organization_id text, session_id text, issued_at timestamptz) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN coalesce(
    token_is_current.user_id <> '' AND token_is_current.organization_id <> '' AND token_is_current.session_id <> ''
    AND isfinite(token_is_current.issued_at) AND token_is_current.issued_at <= now() + interval '1 minute'
    AND NOT EXISTS (
      SELECT FROM rolecall.sessions AS s
       WHERE s.id = token_is_current.session_id
         AND (s.ended_at IS NOT NULL OR s.user_id <> token_is_current.user_id))
    AND floor(extract(epoch FROM token_is_current.issued_at))
        > coalesce(rolecall.cutoff_of(token_is_current.user_id, token_is_current.organization_id) / 1000, -1)
    AND NOT EXISTS (
      SELECT FROM rolecall.users AS u
       WHERE u.id = token_is_current.user_id AND (u.deleted_at IS NOT NULL OR u.suspended))
    AND NOT EXISTS (
      SELECT FROM rolecall.organizations AS o
       WHERE o.id = token_is_current.organization_id AND o.deleted_at IS NOT NULL),
    false);
END
$$;
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
-- As rolecall.has_permission: whoever has one role by which nothing else hangs is known by six rows. Only for the others
-- the views are asked, whose plan is so large that to begin it costs half a millisecond.
CREATE FUNCTION rolecall.read_standing(keys jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  policy rolecall.active_policy%ROWTYPE;
  latest bigint;
  found jsonb;
  others jsonb;
BEGIN
  SELECT * INTO STRICT policy FROM rolecall.active_policy AS a WHERE a.only;
  SELECT c.revision INTO STRICT latest FROM rolecall.counter AS c WHERE c.only;
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'organizationId', s.organization_id, 'userId', s.user_id, 'member', s.member,
           'role', CASE WHEN s.member THEN s.role END, 'scoped', '{}'::jsonb, 'suspended', s.suspended,
           'contested', s.member AND s.contested,
           'grants', CASE WHEN s.member AND NOT s.contested AND NOT s.suspended THEN to_jsonb(s.grants
             || ARRAY(SELECT g.text || ' @' || r.type || '/*' FROM unnest(policy.reached) AS r(type), unnest(s.grants) AS g(text))) ELSE '[]' END,
           'cutoff', s.cutoff)) FILTER (WHERE s.plain), '[]'),
         jsonb_agg(jsonb_build_array(s.organization_id, s.user_id)) FILTER (WHERE NOT s.plain)
    INTO found, others
    FROM (
      SELECT p.organization_id, p.user_id, m.role, m.contested, coalesce(u.suspended, false) AS suspended,
             m.deleted_at IS NULL AND m.role IS NOT NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at) IS TRUE
               AND u.deleted_at IS NULL AND o.deleted_at IS NULL AS member,
             CASE WHEN k.scope = 'organization' THEN k.grants ELSE '{}' END AS grants,
             greatest(u.cutoff, o.cutoff, p.cutoff, k.cutoff, CASE WHEN p.left_roles <> '{}' THEN
               rolecall.left_cutoff(p.user_id, p.organization_id, p.left_roles) END) AS cutoff,
             policy.first_count = 0 AND m.scoped = '{}' AND m.ceiling = '[]' AND (k.featured IS NULL OR k.featured = '{}') AS plain
        FROM (SELECT DISTINCT w->>0 AS organization_id, w->>1 AS user_id FROM jsonb_array_elements(keys->'members') AS w) AS w
        JOIN rolecall.pairs AS p ON p.organization_id = w.organization_id AND p.user_id = w.user_id
        JOIN rolecall.memberships AS m ON m.id = p.membership_id
        LEFT JOIN rolecall.role_keys AS k ON k.key = m.role
        LEFT JOIN rolecall.users AS u ON u.id = p.user_id
        LEFT JOIN rolecall.organizations AS o ON o.id = p.organization_id
    ) AS s;
  IF others IS NOT NULL THEN
    found := found || (
      SELECT jsonb_agg(jsonb_build_object(
               'organizationId', p.organization_id, 'userId', p.user_id, 'member', a.role IS NOT NULL,
               'role', a.role, 'scoped', coalesce(a.scoped, '{}'), 'suspended', coalesce(u.suspended, false),
               'contested', coalesce(a.contested, false),
               'grants', to_jsonb(coalesce(a.permissions, '{}')
                 || ARRAY(SELECT g.text || ' @' || r.type || '/*' FROM unnest(policy.reached) AS r(type), unnest(a.permissions) AS g(text))
                 || CASE WHEN a.scoped <> '{}' THEN ARRAY(
                      SELECT g.text || ' @' || s.scope_type || '/' || s.scope_id
                        FROM rolecall.scoped_access AS s, unnest(s.permissions) AS g(text)
                       WHERE s.organization_id = p.organization_id AND s.user_id = p.user_id) ELSE '{}' END),
               'cutoff', rolecall.cutoff_of(p.user_id, p.organization_id)))
        FROM (SELECT w->>0 AS organization_id, w->>1 AS user_id FROM jsonb_array_elements(others) AS w) AS w
        JOIN rolecall.pairs AS p ON p.organization_id = w.organization_id AND p.user_id = w.user_id
        LEFT JOIN rolecall.users AS u ON u.id = p.user_id
        -- OFFSET 0: planned by itself, for one pair. Joined with the rest there are too many orders to try them all.
        LEFT JOIN LATERAL (
          SELECT * FROM rolecall.access AS held
           WHERE held.organization_id = p.organization_id AND held.user_id = p.user_id OFFSET 0) AS a ON true);
  END IF;
  RETURN jsonb_build_object(
    'revision', latest,
    'scopes', policy.scopes,
    'members', found,
    'agents', CASE WHEN NOT policy.reads_organizations OR keys->'agents' = '[]' THEN '[]' ELSE coalesce((
      SELECT jsonb_agg(jsonb_build_object(
               'organizationId', o.id, 'agentId', w.agent_id,
               'permissions', (SELECT coalesce(jsonb_agg('tool:' || (t #>> '{}')), '[]')
                                 FROM jsonb_array_elements(o.agents->w.agent_id) AS t)))
        FROM (SELECT DISTINCT w->>0 AS organization_id, w->>1 AS agent_id FROM jsonb_array_elements(keys->'agents') AS w) AS w
        JOIN rolecall.organizations AS o ON o.id = w.organization_id
       WHERE o.deleted_at IS NULL AND o.agents ? w.agent_id), '[]') END,
    'sessions', CASE WHEN keys->'sessions' = '[]' THEN '[]' ELSE coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', s.id, 'userId', s.user_id, 'ended', s.ended_at IS NOT NULL))
        FROM rolecall.sessions AS s
       WHERE s.id IN (SELECT jsonb_array_elements_text(keys->'sessions'))), '[]') END);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_standing(jsonb) IS
  'Internal. Members, agents and sessions ({members: [[organization, user]], agents: [[organization, agent]], sessions: [id]}) as they stand now, with all they hold and the latest cutoff of each member.';
--> statement-breakpoint
CREATE FUNCTION rolecall.may_invite(compiled jsonb, inviter_role text, role text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(CASE
    WHEN inviter_role IS NULL THEN false
    WHEN compiled->'roles' ? inviter_role THEN compiled#>ARRAY['roles', inviter_role, 'invites'] ? role
    -- Of roles that it leaves to the provider, the provider itself says who may invite.
    ELSE (compiled->>'extendsProvider')::boolean END, false);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.may_invite(jsonb, text, text) IS
  'Internal. Whether a compiled policy finds nothing wrong in the holder of one organization role inviting into another.';
--> statement-breakpoint
CREATE VIEW rolecall.open_findings AS
SELECT f.kind, f.organization_id, NULL::text AS user_id, f.role, f.detail, f.found_at
  FROM rolecall.findings AS f WHERE f.ended_at IS NULL
UNION ALL
-- A role that members have and the policy does not know by the name it has now: it grants nothing, or what the provider
-- says. One that the provider deleted under them grants nothing, whatever the policy says of its name.
SELECT 'unknown_role', NULL, NULL, coalesce(r.key, k.key),
       jsonb_build_object('grants', k.grants)
         || CASE WHEN r.key <> k.key THEN jsonb_build_object('held_as', k.key) ELSE '{}' END
         || CASE WHEN r.deleted_at IS NOT NULL THEN '{"deleted": true}'::jsonb ELSE '{}' END, NULL
  FROM rolecall.active_policy AS a
  JOIN rolecall.policies AS p ON p.version = a.version
 CROSS JOIN rolecall.role_keys AS k
  LEFT JOIN rolecall.roles AS r ON r.id = k.role_id
 WHERE (r.deleted_at IS NOT NULL
        OR NOT p.compiled->'roles' ? coalesce(r.key, k.key)
           -- By a policy on top of the provider's roles others are the provider's: but for those it knew by another name.
           AND (NOT (p.compiled->>'extendsProvider')::boolean OR p.compiled->'roles' ? k.key))
   AND EXISTS (SELECT FROM rolecall.memberships AS m
                 JOIN rolecall.pairs AS o
                   ON o.organization_id = m.organization_id AND o.user_id = m.user_id AND o.membership_id = m.id
                WHERE m.role = k.key AND m.deleted_at IS NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at)
               -- Asked of each role by itself, instead of every member for their role.
               OFFSET 0)
UNION ALL
-- A role in a resource that is none of that type: it grants nothing there.
SELECT 'unknown_role', m.organization_id, m.user_id, r.role,
       jsonb_build_object('grants', '[]'::jsonb, 'scope', jsonb_build_object('type', t.type, 'id', r.id)), NULL
  FROM rolecall.active_policy AS a
  JOIN rolecall.policies AS p ON p.version = a.version
 CROSS JOIN rolecall.memberships AS m
  JOIN rolecall.pairs AS o
    ON o.organization_id = m.organization_id AND o.user_id = m.user_id AND o.membership_id = m.id
 CROSS JOIN LATERAL jsonb_each(m.scoped) AS t(type, roles)
 CROSS JOIN LATERAL jsonb_each_text(t.roles) AS r(id, role)
 WHERE m.scoped <> '{}' AND m.deleted_at IS NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at)
   AND t.type = ANY (a.scopes) AND p.compiled #>> ARRAY['roles', r.role, 'scope'] IS DISTINCT FROM t.type
UNION ALL
SELECT 'unreadable_metadata', m.organization_id, m.user_id, NULL, jsonb_build_object('properties', f.names), NULL
  FROM rolecall.active_policy AS a, rolecall.memberships AS m
       JOIN rolecall.pairs AS o
         ON o.organization_id = m.organization_id AND o.user_id = m.user_id AND o.membership_id = m.id,
       LATERAL (SELECT array_agg(n) AS names FROM unnest(m.flaws) AS n
                 WHERE n IN ('size', 'public_metadata') OR n = ANY (SELECT s || 's' FROM unnest(a.scopes) AS s)) AS f
 WHERE m.flaws <> '{}' AND m.deleted_at IS NULL AND f.names IS NOT NULL
UNION ALL
SELECT 'unreadable_metadata', o.id, NULL, NULL, jsonb_build_object('properties', o.flaws), NULL
  FROM rolecall.active_policy AS a, rolecall.organizations AS o
 WHERE o.flaws <> '{}' AND o.deleted_at IS NULL AND (a.reads_organizations OR o.flaws && '{size,public_metadata}')
UNION ALL
SELECT 'inviter_may_not_invite', i.organization_id, i.inviter_id, i.role,
       jsonb_build_object('invitation', i.id, 'status', i.status, 'inviter_role', coalesce(i.inviter_role, s.role)),
       to_timestamp(i.created_at / 1000.0)
  FROM rolecall.active_policy AS a
  JOIN rolecall.policies AS p ON p.version = a.version
  CROSS JOIN rolecall.invitations AS i
  LEFT JOIN rolecall.standing AS s ON s.organization_id = i.organization_id AND s.user_id = i.inviter_id
 WHERE i.inviter_id IS NOT NULL AND i.status IN ('pending', 'accepted')
   AND NOT rolecall.may_invite(p.compiled, coalesce(i.inviter_role, s.role), i.role);
--> statement-breakpoint
COMMENT ON VIEW rolecall.open_findings IS
  'What does not hold although the active policy says that it should, or could not be read, or is not known to it. kind is exactly_one, unknown_role, unreadable_metadata (property size: public metadata nears the 8 KB that Clerk keeps; property public_metadata: it is no object) or inviter_may_not_invite.';
--> statement-breakpoint
CREATE FUNCTION rolecall.is_member_anywhere(person jsonb) RETURNS boolean
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM rolecall.standing AS s WHERE s.user_id = person->>'userId');
END
$$;
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
GRANT USAGE, CREATE ON SCHEMA rolecall TO rolecall_owner;
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
GRANT SELECT ON rolecall.standing, rolecall.access, rolecall.scoped_access, rolecall.open_findings TO rolecall_service;
--> statement-breakpoint
GRANT SELECT ON rolecall.members, rolecall.current_permissions, rolecall.grants TO rolecall_service, rolecall_reader;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION
  rolecall.has_permission(text, text, text, text, text, text),
  rolecall.organizations_with(text, text),
  rolecall.token_is_current(text, text, text, timestamptz),
  rolecall.revision()
TO rolecall_reader;
