-- What those who keep a copy read: the changes since a revision, and everything at one.
ALTER TABLE "rolecall"."changes" ADD COLUMN "details" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "sessions_ended" ON "rolecall"."sessions" USING btree ("ended_at","id") WHERE "rolecall"."sessions"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX "users_restricted" ON "rolecall"."users" USING btree ("id") WHERE "rolecall"."users"."suspended" or "rolecall"."users"."cutoff" is not null;
--> statement-breakpoint
-- Runs inside of rolecall.apply_decision, under its settings and behind its last lock: what is looked up here is as it
-- is at this revision, whatever the decision knew of it.
CREATE FUNCTION rolecall.record_changes(moved jsonb, last_revision bigint) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  clock bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
BEGIN
  INSERT INTO rolecall.changes (
    revision, kind, organization_id, user_id, agent_id, role, permissions, details, cutoff_of, cutoff_id, cutoff_at, at,
    delivery_id, cause)
  SELECT last_revision - jsonb_array_length(moved) + m.position,
         CASE WHEN x.below_deleted AND m.change->>'role' IS NOT NULL THEN 'withheld' ELSE m.change->>'kind' END,
         m.change->>'organizationId', m.change->>'userId', m.change->>'agentId',
         CASE WHEN NOT x.below_deleted THEN m.change->>'role' END,
         CASE WHEN x.below_deleted OR x.without_agents THEN '{}'
              -- Not rolecall.texts: a function that cannot be inlined costs three times as much a row.
              ELSE ARRAY(SELECT jsonb_array_elements_text(m.change->'permissions')) END,
         CASE WHEN x.below_deleted THEN '{}' ELSE coalesce(m.change->'details', '{}') END,
         m.change#>>'{cutoff,of}', m.change#>>'{cutoff,id}',
         CASE WHEN (m.change#>>'{cutoff,notBeforeCommit}')::boolean
              THEN greatest((m.change#>>'{cutoff,at}')::bigint, clock)
              ELSE (m.change#>>'{cutoff,at}')::bigint END,
         (m.change->>'at')::bigint, m.change->>'delivery', m.change->>'cause'
    FROM jsonb_array_elements(moved) WITH ORDINALITY AS m(change, position),
         LATERAL (SELECT
           -- Of deleted users and in deleted organizations nobody gains anything, though memberships go on being told.
           -- Scalar: an EXISTS may be planned as a hash of the whole table.
           m.change->>'organizationId' IS NOT NULL AND m.change->>'userId' IS NOT NULL AND coalesce(
             (SELECT u.deleted_at FROM rolecall.users AS u WHERE u.id = m.change->>'userId'),
             (SELECT o.deleted_at FROM rolecall.organizations AS o WHERE o.id = m.change->>'organizationId')) IS NOT NULL
             AS below_deleted,
           -- Agents are metadata until a policy speaks of them.
           m.change->>'kind' = 'agent_changed'
             AND NOT (SELECT a.reads_organizations FROM rolecall.active_policy AS a WHERE a.only) AS without_agents
           -- Not a part of what is above, which would look once for every place that it stands in.
           OFFSET 0) AS x;
  -- Roles and organizations reach members unseen: whatever was issued before this commit is cut off.
  IF moved @> '[{"cutoff": {"notBeforeCommit": true}}]' THEN
    UPDATE rolecall.role_keys AS k SET cutoff = greatest(k.cutoff, clock)
     WHERE k.key IN (SELECT m#>>'{cutoff,id}' FROM jsonb_array_elements(moved) AS m
                      WHERE m @> '{"cutoff": {"of": "role", "notBeforeCommit": true}}');
    UPDATE rolecall.organizations AS o SET cutoff = greatest(o.cutoff, clock)
     WHERE o.id IN (SELECT m#>>'{cutoff,id}' FROM jsonb_array_elements(moved) AS m
                     WHERE m @> '{"cutoff": {"of": "organization", "notBeforeCommit": true}}');
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.record_changes(jsonb, bigint) IS
  'Internal. Writes down what a decision moved, under the revisions up to the given one, and raises the cutoffs that may not lie before the commit.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_changes(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  -- One snapshot for both: every change up to the counter is there, for it is the last lock of every commit.
  head bigint := (SELECT c.revision FROM rolecall.counter AS c WHERE c.only);
  epoch text := (SELECT i.epoch FROM rolecall.instance AS i WHERE i.only);
  following bigint := coalesce((wanted->>'after')::bigint, head);
  organizations text[] := rolecall.texts(wanted->'organizations');
  changes jsonb;
BEGIN
  IF epoch <> coalesce(wanted->>'epoch', epoch) OR following > head
     -- Pruned: revisions have no gaps.
     OR (following < head AND NOT EXISTS (SELECT FROM rolecall.changes AS c WHERE c.revision = following + 1)) THEN
    RETURN jsonb_build_object('epoch', epoch, 'head', head);
  END IF;
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'revision', c.revision, 'kind', c.kind, 'organizationId', c.organization_id, 'userId', c.user_id,
           'agentId', c.agent_id, 'role', c.role, 'permissions', c.permissions, 'details', c.details,
           'cutoff', CASE WHEN c.cutoff_of IS NOT NULL
                          THEN jsonb_build_object('of', c.cutoff_of, 'id', c.cutoff_id, 'at', c.cutoff_at) END,
           'at', c.at, 'deliveryId', c.delivery_id,
           'suspended', c.role IS NOT NULL
             AND coalesce((SELECT u.suspended FROM rolecall.users AS u WHERE u.id = c.user_id), false),
           'belongsTo', CASE WHEN c.organization_id IS NULL AND c.user_id IS NOT NULL THEN ARRAY(
             SELECT p.organization_id FROM unnest(organizations) AS o(id)
               JOIN rolecall.pairs AS p ON p.organization_id = o.id AND p.user_id = c.user_id
               JOIN rolecall.memberships AS m ON m.id = p.membership_id AND m.deleted_at IS NULL) ELSE '{}' END)
           ORDER BY c.revision), '[]')
    INTO changes
    FROM (SELECT * FROM rolecall.changes AS all_of_them WHERE all_of_them.revision > following
           ORDER BY all_of_them.revision LIMIT (wanted->>'limit')::integer) AS c;
  RETURN jsonb_build_object('epoch', epoch, 'head', head, 'changes', changes);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_changes(jsonb) IS
  'Internal. The changes after {after: revision or null for the latest, epoch: text or null, limit: integer}, in order; none at all (no key "changes") where they cannot be given from there: an unknown epoch, a future revision, or one whose successors are pruned. suspended: whether the member is, now. belongsTo: of a change of a user, which of {organizations: [text]} the user is a member of, now.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_session(presented jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN jsonb_build_object(
    'cutoff', rolecall.cutoff_of(presented->>'userId', coalesce(presented->>'organizationId', '')),
    'ended', (SELECT s.ended_at FROM rolecall.sessions AS s WHERE s.id = presented->>'sessionId') IS NOT NULL,
    'foreign', coalesce(
      (SELECT s.user_id FROM rolecall.sessions AS s WHERE s.id = presented->>'sessionId') <> presented->>'userId', false));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_session(jsonb) IS
  'Internal. What speaks against a session token ({userId, sessionId, organizationId or null}): the latest cutoff of its user, there and in the organization, and whether its session has ended or belongs to somebody else.';
--> statement-breakpoint
CREATE FUNCTION rolecall.iso_time(ms bigint) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  RETURN to_char(timestamp 'epoch' + ms * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.iso_time(bigint) IS 'Internal. Milliseconds in ISO 8601; null stays null.';
--> statement-breakpoint
CREATE FUNCTION rolecall.grants_json(grants text[]) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  RETURN (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'permission', split_part(g.text, ' ', 1), 'only', nullif(split_part(g.text, ' ', 2), '')))), '[]')
            FROM unnest(grants) AS g(text));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.grants_json(text[]) IS 'Internal. What a role grants ("permission", "permission own") as readers see it.';
--> statement-breakpoint
CREATE FUNCTION rolecall.resource_roles_json(scoped jsonb) RETURNS jsonb
  LANGUAGE sql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('role', r.role, 'scope', jsonb_build_object('type', t.type, 'id', r.id))), '[]')
      FROM rolecall.active_policy AS a, unnest(a.scopes) AS t(type), jsonb_each_text(scoped->t.type) AS r(id, role));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.resource_roles_json(jsonb) IS
  'Internal. The roles that a holding has in resources of the types that the active policy knows.';
--> statement-breakpoint
CREATE FUNCTION rolecall.held_json(organization_id text, user_id text) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
             'permission', g.permission, 'only', g.only, 'scope', CASE WHEN g.scope_type IS NOT NULL
             THEN jsonb_build_object('type', g.scope_type, 'id', g.scope_id) END))), '[]')
      FROM rolecall.grants AS g
     WHERE g.organization_id = held_json.organization_id AND g.subject_type = 'user' AND g.subject_id = held_json.user_id);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.held_json(text, text) IS 'Internal. Everything that one member holds, as readers see it.';
--> statement-breakpoint
-- Without settings of its own, so that it becomes part of the statement that calls it: read through a cursor, a million
-- lines then come one by one instead of being put aside first. They are made here, and neither read nor written again.
CREATE FUNCTION rolecall.snapshot(wanted jsonb) RETURNS TABLE (kind text, line text)
  LANGUAGE sql STABLE ROWS 1000000
BEGIN ATOMIC
  SELECT 'snapshot', jsonb_build_object(
           'kind', 'snapshot', 'epoch', i.epoch, 'revision', c.revision,
           'at', rolecall.iso_time((wanted->>'at')::bigint),
           'policy', (SELECT jsonb_build_object('name', p.name, 'version', p.version)
                        FROM rolecall.policies AS p WHERE p.version = a.version),
           'scopes', (SELECT coalesce(jsonb_object_agg(s.type, jsonb_build_object(
                        'organization_roles_reach', s.type = ANY (a.reached))), '{}') FROM unnest(a.scopes) AS s(type)))::text
    FROM rolecall.instance AS i, rolecall.counter AS c, rolecall.active_policy AS a
  UNION ALL
  SELECT 'role', jsonb_build_object(
           'kind', 'role', 'role', k.key, 'scope', k.scope, 'grants', rolecall.grants_json(k.grants),
           'featured', (SELECT coalesce(jsonb_object_agg(f.feature, rolecall.grants_json(rolecall.texts(f.grants))), '{}')
                          FROM jsonb_each(k.featured) AS f(feature, grants)),
           'cutoff', rolecall.iso_time(k.cutoff))::text
    FROM rolecall.role_keys AS k
  UNION ALL
  SELECT 'organization', jsonb_build_object(
           'kind', 'organization', 'organization', o.id, 'features', o.features,
           'agents', CASE WHEN a.reads_organizations THEN (
             SELECT coalesce(jsonb_object_agg(g.id, (
                      SELECT coalesce(jsonb_agg('tool:' || t.name), '[]') FROM jsonb_array_elements_text(g.tools) AS t(name))), '{}')
               FROM jsonb_each(o.agents) AS g(id, tools)) ELSE '{}' END,
           'cutoff', rolecall.iso_time(o.cutoff))::text
    FROM rolecall.organizations AS o, rolecall.active_policy AS a
   WHERE o.deleted_at IS NULL AND (wanted->>'organizationId' IS NULL OR o.id = wanted->>'organizationId')
     AND (o.features <> '{}' OR o.cutoff IS NOT NULL OR (a.reads_organizations AND o.agents <> '{}'))
  UNION ALL
  SELECT 'member', '{"kind":"member","organization":' || to_json(s.organization_id) || ',"user":' || to_json(s.user_id)
         || ',"role":' || to_json(s.role)
         || ',"cutoff":' || CASE WHEN s.cutoff IS NULL THEN 'null' ELSE to_json(rolecall.iso_time(s.cutoff))::text END
         || CASE WHEN s.scoped = '{}' THEN '' ELSE ',"roles":' || rolecall.resource_roles_json(s.scoped)::text END
         || CASE WHEN s.contested THEN ',"contested":true' ELSE '' END
         || CASE WHEN s.ceiling = '[]' THEN '' ELSE ',"waiting":' || (
              SELECT jsonb_agg(jsonb_build_object(
                       'role', coalesce(s.derived_role, w.holding->>'role'),
                       'roles', rolecall.resource_roles_json(w.holding->'scoped')))::text
                FROM jsonb_array_elements(s.ceiling) AS w(holding)) END
         -- What they hold is not what their roles grant, and must not be taken for it when roles change.
         || CASE WHEN s.contested OR s.ceiling <> '[]'
                 THEN ',"permissions":' || rolecall.held_json(s.organization_id, s.user_id)::text ELSE '' END
         || '}'
    FROM rolecall.standing AS s
   WHERE wanted->>'organizationId' IS NULL OR s.organization_id = wanted->>'organizationId'
  UNION ALL
  -- Tokens live for minutes: older cutoffs refuse nothing that would be taken otherwise.
  SELECT 'former_member', jsonb_build_object(
           'kind', 'former_member', 'organization', p.organization_id, 'user', p.user_id,
           'cutoff', rolecall.iso_time(p.cutoff))::text
    FROM rolecall.pairs AS p
   WHERE p.cutoff > (wanted->>'since')::bigint
     AND (wanted->>'organizationId' IS NULL OR p.organization_id = wanted->>'organizationId')
     AND NOT EXISTS (SELECT FROM rolecall.standing AS s
                      WHERE s.organization_id = p.organization_id AND s.user_id = p.user_id)
  UNION ALL
  SELECT 'user', jsonb_strip_nulls(jsonb_build_object(
           'kind', 'user', 'user', u.id, 'suspended', CASE WHEN u.suspended THEN true END,
           'cutoff', rolecall.iso_time(u.cutoff)))::text
    FROM rolecall.users AS u
   WHERE (u.suspended OR u.cutoff IS NOT NULL) AND u.deleted_at IS NULL
     AND (u.suspended OR u.cutoff > (wanted->>'since')::bigint)
     AND (wanted->>'organizationId' IS NULL OR EXISTS (
       SELECT FROM rolecall.standing AS s
        WHERE s.organization_id = wanted->>'organizationId' AND s.user_id = u.id))
  UNION ALL
  SELECT 'session', jsonb_build_object('kind', 'session', 'session', e.id, 'user', e.user_id, 'ended', true)::text
    FROM rolecall.sessions AS e
   WHERE e.ended_at > (wanted->>'since')::bigint
     AND (wanted->>'organizationId' IS NULL OR EXISTS (
       SELECT FROM rolecall.standing AS s
        WHERE s.organization_id = wanted->>'organizationId' AND s.user_id = e.user_id));
END;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.snapshot(jsonb) IS
  'Internal. Everything that holds now, as the lines of docs/feed.md, without the last one: {organizationId: text or null for all, at: milliseconds now, since: milliseconds from which on cutoffs of former members and users and ends of sessions matter}. Read it in one REPEATABLE READ transaction.';
--> statement-breakpoint
DO $$
DECLARE
  made regprocedure;
BEGIN
  FOREACH made IN ARRAY ARRAY[
    'rolecall.record_changes(jsonb, bigint)', 'rolecall.read_changes(jsonb)', 'rolecall.read_session(jsonb)',
    'rolecall.iso_time(bigint)', 'rolecall.grants_json(text[])', 'rolecall.resource_roles_json(jsonb)',
    'rolecall.held_json(text, text)', 'rolecall.snapshot(jsonb)']::regprocedure[] LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO rolecall_service', made);
  END LOOP;
END
$$;
