-- Policies as operators see them: what is active, what was, whom another one would cut off, and what waits for a decision.
CREATE FUNCTION rolecall.read_policies(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'version', p.version, 'name', p.name, 'digest', p.digest, 'by', p.applied_by, 'reason', p.reason,
             'at', to_char(p.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
             || CASE WHEN wanted ? 'version' THEN jsonb_build_object('document', p.document) ELSE '{}' END
             ORDER BY p.version DESC), '[]')
      FROM rolecall.policies AS p
     WHERE CASE wanted->>'version'
             WHEN 'active' THEN p.version = (SELECT a.version FROM rolecall.active_policy AS a)
             ELSE p.version = coalesce((wanted->>'version')::bigint, p.version) END);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_policies(jsonb) IS
  'Internal. The activations, latest first: all of them without their documents ({}), the active one ({version: "active"}) or one ({version}) with it.';
--> statement-breakpoint
-- Looks at every member once: asked by people before they activate a policy, never on a hot path.
CREATE FUNCTION rolecall.count_holders(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  losing_roles text[] := rolecall.texts(wanted->'losing');
  few bigint := (wanted->>'few')::bigint;
  share double precision := (wanted->>'share')::double precision;
BEGIN
  RETURN (
    WITH held AS MATERIALIZED (
      SELECT s.organization_id, s.user_id, s.role, s.scoped,
             s.role = ANY (losing_roles)
               OR s.scoped <> '{}' AND rolecall.roles_in(s.role, s.scoped, '[]') && losing_roles AS loses
        FROM rolecall.standing AS s
    ), by_role AS (
      SELECT h.role, count(*) AS members FROM held AS h GROUP BY h.role
      UNION ALL
      SELECT r.role, count(DISTINCT (h.organization_id, h.user_id))
        FROM held AS h, unnest((rolecall.roles_in(h.role, h.scoped, '[]'))[2:]) AS r(role)
       WHERE h.scoped <> '{}' AND r.role <> h.role GROUP BY r.role
    ), organizations AS (
      SELECT h.organization_id, count(*) AS members, count(*) FILTER (WHERE h.loses) AS losing
        FROM held AS h GROUP BY h.organization_id HAVING bool_or(h.loses)
    )
    SELECT jsonb_build_object(
      'byRole', (SELECT coalesce(jsonb_object_agg(r.role, r.members), '{}')
                   FROM (SELECT b.role, sum(b.members) AS members FROM by_role AS b GROUP BY b.role) AS r
                  WHERE r.role = ANY (rolecall.texts(wanted->'roles'))),
      'members', (SELECT count(*) FROM held),
      'losing', (SELECT coalesce(sum(o.losing), 0) FROM organizations AS o),
      'organizations', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                          'organization', o.organization_id, 'members', o.members, 'losing', o.losing)), '[]')
                          FROM (SELECT * FROM organizations AS o
                                 ORDER BY o.losing / greatest(few, share * o.members) DESC LIMIT 50) AS o),
      'sample', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'organization', h.organization_id, 'user', h.user_id, 'role', h.role)), '[]')
                   FROM (SELECT * FROM held AS h WHERE h.loses ORDER BY 1, 2 LIMIT 20) AS h)));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.count_holders(jsonb) IS
  'Internal. Of {roles, losing, few, share}: how many members hold each role, how many hold one that loses, the organizations that are hit hardest (measured by the larger of few and that share of their members), and some of those who lose.';
--> statement-breakpoint
CREATE FUNCTION rolecall.raise_hold(hold jsonb) RETURNS bigint
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  raised bigint;
BEGIN
  -- The same thing asked for twice waits once.
  PERFORM pg_advisory_xact_lock(hashtext('rolecall.raise_hold'));
  SELECT h.id INTO raised FROM rolecall.holds AS h
   WHERE h.status = 'waiting' AND h.kind = hold->>'kind' AND h.payload->'digest' = hold#>'{payload,digest}'
     AND h.payload->'expected' = hold#>'{payload,expected}';
  IF raised IS NULL THEN
    INSERT INTO rolecall.holds (kind, difference, payload, raised_by, reason)
    VALUES (hold->>'kind', hold->'difference', hold->'payload', hold->>'by', hold->>'reason') RETURNING id INTO raised;
  END IF;
  RETURN raised;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.raise_hold(jsonb) IS
  'Internal. Puts {kind, difference, payload, by, reason} before the operators, once; returns its id.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_holds(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', h.id, 'kind', h.kind, 'status', h.status, 'difference', h.difference, 'payload', h.payload,
             'by', h.raised_by, 'reason', h.reason, 'decidedBy', h.decided_by,
             'decisionReason', h.decision_reason,
             'at', to_char(h.raised_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY h.id), '[]')
      FROM rolecall.holds AS h
     WHERE h.id = coalesce((wanted->>'id')::bigint, h.id) AND h.status = coalesce(wanted->>'status', h.status));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_holds(jsonb) IS 'Internal. Holds by {id} or {status}, in the order in which they were raised.';
--> statement-breakpoint
CREATE FUNCTION rolecall.reject_hold(hold jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE rolecall.holds AS h
     SET status = 'rejected', decided_by = hold->>'by', decided_at = clock_timestamp(),
         decision_reason = coalesce(hold->>'reason', '')
   WHERE h.id = (hold->>'id')::bigint AND h.status = 'waiting';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
  VALUES (hold->>'by', 'reject_hold', hold->>'id', coalesce(hold->>'reason', ''));
  RETURN true;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.reject_hold(jsonb) IS
  'Internal. {id, by, reason}: nothing comes of it. False when it does not wait any more.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['read_policies', 'count_holders', 'raise_hold', 'read_holds', 'reject_hold'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%I(jsonb) OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%I(jsonb) FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%I(jsonb) TO rolecall_service', made);
  END LOOP;
END
$$;
