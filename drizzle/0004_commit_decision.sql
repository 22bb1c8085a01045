-- The second statement of the way in: one decision, whole or not at all.
CREATE FUNCTION rolecall.texts(value jsonb) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce((SELECT array_agg(e) FROM jsonb_array_elements_text(coalesce(value, '[]')) AS e), '{}');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.texts(jsonb) IS 'Internal. A JSON array of strings as text[]; null becomes an empty array.';
--> statement-breakpoint
CREATE FUNCTION rolecall.owe_effects(owed jsonb, observe boolean) RETURNS integer
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted integer;
BEGIN
  INSERT INTO rolecall.effects AS e
    (kind, organization_id, user_id, lane, cutoff, only_when_last, loss, status, due_at, delivery_id, reconciliation_id)
  SELECT w.kind, coalesce(w."organizationId", ''), coalesce(w."userId", ''), w.lane,
         -- Like the cutoff of the role or the organization: it reaches members unseen.
         CASE WHEN w.kind = 'revoke_holders'
              THEN greatest(w.cutoff, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) ELSE w.cutoff END,
         coalesce(w."onlyWhenLast", false),
         CASE WHEN w.kind = 'revoke_holders' THEN w.before || jsonb_build_object('cause', w.cause, 'at', w.at) END,
         CASE WHEN observe AND w.kind IN ('revoke_sessions', 'revoke_holders') THEN 'observed' ELSE 'owed' END,
         clock_timestamp() + make_interval(secs => coalesce(w."settleMs", 0) / 1000.0), w.delivery, w.reconciliation
    FROM jsonb_to_recordset(owed) AS w(
           kind text, "settleMs" double precision, "organizationId" text, "userId" text, lane smallint, cutoff bigint, "onlyWhenLast" boolean,
           cause text, at bigint, before jsonb, delivery text, reconciliation bigint)
   ORDER BY 1, 2, 3
  ON CONFLICT (kind, organization_id, user_id) WHERE status = 'owed' AND kind <> 'revoke_holders' DO UPDATE SET
    lane = least(e.lane, excluded.lane),
    cutoff = greatest(e.cutoff, excluded.cutoff),
    only_when_last = e.only_when_last AND excluded.only_when_last,
    delivery_id = coalesce(excluded.delivery_id, e.delivery_id),
    reconciliation_id = coalesce(excluded.reconciliation_id, e.reconciliation_id),
    generation = e.generation + 1,
    progress = 0,
    -- Under way: ask again right after, what is being done may not cover this. Waiting for a retry: news is a reason
    -- to try now. Waiting for its turn: it keeps its place.
    due_at = CASE
      -- What two events bring about is judged when nothing else happens for a while, but not put off for ever.
      WHEN e.kind = 'check_constraints'
      THEN least(excluded.due_at, e.owed_at + 10 * (excluded.due_at - clock_timestamp()))
      ELSE least(e.due_at, excluded.due_at) END;
  GET DIAGNOSTICS counted = ROW_COUNT;
  RETURN counted;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.owe_effects(jsonb, boolean) IS
  'Internal. Writes what is owed to the outside, joining what is already owed for the same subject: the latest cutoff, the most urgent lane. Only revoke_holders is owed for each change. In observe mode revocations are only noted.';
--> statement-breakpoint
CREATE FUNCTION rolecall.activate_policy(activation jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  compiled jsonb := activation->'compiled';
  next_version bigint := (activation->>'expected')::bigint + 1;
BEGIN
  UPDATE rolecall.active_policy AS a
     SET version = next_version, digest = activation->>'digest',
         scopes = ARRAY(SELECT s.key FROM jsonb_each(compiled->'scopes') AS s ORDER BY 1),
         reached = ARRAY(SELECT s.key FROM jsonb_each(compiled->'scopes') AS s WHERE s.value = 'true' ORDER BY 1),
         reads_organizations = (compiled->>'readsOrganizations')::boolean,
         first_role = compiled#>>'{firstMembers,role}',
         first_count = coalesce((compiled#>>'{firstMembers,count}')::integer, 0)
   WHERE a.only AND a.version = next_version - 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'rolecall: another policy was activated' USING ERRCODE = 'RCL01';
  END IF;
  IF activation->>'approving' IS NOT NULL THEN
    UPDATE rolecall.holds AS h
       SET status = 'approved', decided_by = activation->>'by', decided_at = clock_timestamp(),
           decision_reason = coalesce(activation->>'approvalReason', '')
     WHERE h.id = (activation->>'approving')::bigint AND h.status = 'waiting';
    IF NOT FOUND THEN
      RAISE EXCEPTION 'rolecall: the hold was decided by somebody else' USING ERRCODE = 'RCL01';
    END IF;
    INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
    VALUES (activation->>'by', 'approve_hold', activation->>'approving',
            coalesce(nullif(activation->>'approvalReason', ''), activation->>'reason'));
  END IF;
  INSERT INTO rolecall.policies (version, name, document, compiled, digest, applied_by, reason)
  VALUES (next_version, activation->>'name', activation->'document', compiled, activation->>'digest',
          activation->>'by', activation->>'reason');
  -- What the policy constrains is counted anew everywhere, as soon as there is time.
  IF jsonb_array_length(compiled->'exactlyOne') > 0 THEN
    PERFORM rolecall.owe_effects(coalesce(jsonb_agg(jsonb_build_object(
              'kind', 'check_constraints', 'organizationId', o.id, 'lane', 3)), '[]'), false)
       FROM (SELECT DISTINCT p.organization_id AS id FROM rolecall.pairs AS p) AS o;
  END IF;
  UPDATE rolecall.findings AS f SET ended_at = clock_timestamp()
   WHERE f.ended_at IS NULL AND f.kind = 'exactly_one'
     AND NOT compiled->'exactlyOne' @> jsonb_build_array(jsonb_build_object('role', f.role));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.activate_policy(jsonb) IS
  'Internal. Makes {expected, name, document, compiled, digest, by, reason, approving, approvalReason} the version after the expected one, in the transaction that derives what roles grant by it; raises RCL01 when another one is active by now.';
--> statement-breakpoint
CREATE FUNCTION rolecall.apply_decision(batch jsonb) RETURNS jsonb
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
  moves bigint := jsonb_array_length(coalesce(batch->'changes', '[]'));
  counted bigint;
  owed integer := 0;
  last_revision bigint;
  catalog bigint;
BEGIN
  -- Locks in one order everywhere: deliveries, users, organizations, roles, memberships, sessions, effects, counter,
  -- tallies.
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

  -- Where nothing was read, all who were looked at were taken for what most are.
  IF batch ? 'unsuspended' AND EXISTS (
       SELECT FROM rolecall.users AS u
        WHERE u.id = ANY (ARRAY(SELECT jsonb_array_elements_text(batch->'unsuspended'))) AND u.suspended) THEN
    RAISE EXCEPTION 'rolecall: a user is suspended' USING ERRCODE = 'RCL01';
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
    IF rows ? 'invitations' THEN
      PERFORM rolecall.put_invitations(rows#>'{invitations,checks}', rows#>'{invitations,writes}');
    END IF;
    IF rows ? 'sessions' THEN
      PERFORM rolecall.put_sessions(rows#>'{sessions,checks}', rows#>'{sessions,writes}');
    END IF;
  END IF;

  IF batch ? 'policy' THEN
    PERFORM rolecall.activate_policy(batch->'policy');
  END IF;

  IF batch ? 'effects' THEN
    owed := rolecall.owe_effects(batch->'effects', coalesce((batch->>'observe')::boolean, false));
  END IF;

  -- Nothing below a deleted user lives, and no other news need tell their organizations that they have one holder less.
  IF batch->'changes' @> '[{"kind": "user_deleted"}]' THEN
    PERFORM rolecall.owe_effects(coalesce(jsonb_agg(jsonb_build_object(
              'kind', 'check_constraints', 'organizationId', o.organization_id, 'lane', 1,
              'settleMs', 1000 * (SELECT max(c."settleSeconds") FROM jsonb_to_recordset(o.single) AS c("settleSeconds" integer)))), '[]'), false)
       FROM (SELECT DISTINCT p.organization_id, c.compiled->'exactlyOne' AS single
               FROM jsonb_array_elements(batch->'changes') AS m
               JOIN rolecall.pairs AS p ON p.user_id = m->>'userId'
               JOIN rolecall.active_policy AS a ON a.only
               JOIN rolecall.policies AS c ON c.version = a.version
              WHERE m->>'kind' = 'user_deleted' AND jsonb_array_length(c.compiled->'exactlyOne') > 0) AS o;
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
    PERFORM rolecall.record_changes(batch->'changes', last_revision);
  END IF;

  PERFORM rolecall.tally_commit(
    batch->'taken', CASE WHEN batch->'changes' @? '$[*].cutoff.of' THEN moves ELSE 0 END, last_revision);

  RETURN jsonb_build_object('revision', last_revision, 'owed', owed);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.apply_decision(jsonb) IS
  'Internal. One decision, whole or not at all: deliveries, facts, changes and effects. Raises RCL01 when anything it rests on has moved since rolecall.read_facts: read and decide again.';
--> statement-breakpoint
-- A statement that ends in an error is written into the log of Postgres, whole: a lost race would tell it payloads.
CREATE FUNCTION rolecall.commit_decision(batch jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN rolecall.apply_decision(batch);
EXCEPTION WHEN SQLSTATE 'RCL01' THEN
  RETURN '{"moved": true}';
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.commit_decision(jsonb) IS
  'Internal. The second statement of the way in: rolecall.apply_decision, which answers {"moved": true} where that raises RCL01, and has written nothing then.';
