-- Reconciliations: what the provider lists compared with what is held to be true, page by page, in a lane of their own.
CREATE FUNCTION rolecall.start_reconciliation(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  scope text := coalesce(wanted->>'organizationId', '');
  dry boolean := (wanted->>'dryRun')::boolean;
  started bigint;
BEGIN
  LOOP
    INSERT INTO rolecall.reconciliations (cause, organization_id, dry_run, asked_by, reason)
    VALUES (CASE WHEN wanted->>'cause' = 'operator' AND scope = '' AND NOT EXISTS (SELECT FROM rolecall.memberships)
                 THEN 'import' ELSE wanted->>'cause' END,
            scope, dry, wanted->>'by', wanted->>'reason')
    ON CONFLICT (organization_id, dry_run) WHERE status = 'running' DO NOTHING
    RETURNING id INTO started;
    IF started IS NOT NULL THEN
      IF wanted->>'cause' = 'operator' AND NOT dry THEN
        INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
        VALUES (wanted->>'by', 'reconcile', started::text, wanted->>'reason');
      END IF;
      RETURN jsonb_build_object('id', started, 'joined', false);
    END IF;
    -- The same one is under way, so this is that one; unless it has just ended.
    SELECT r.id INTO started FROM rolecall.reconciliations AS r
     WHERE r.organization_id = scope AND r.dry_run = dry AND r.status = 'running';
    IF started IS NOT NULL THEN
      RETURN jsonb_build_object('id', started, 'joined', true);
    END IF;
  END LOOP;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.start_reconciliation(jsonb) IS
  'Internal. {organizationId, dryRun, cause, by, reason}: starts a reconciliation of one organization or, without it, of all; or joins the one that runs already. The first one of an empty database is an import.';
--> statement-breakpoint
CREATE FUNCTION rolecall.schedule_reconciliation(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  alive timestamptz;
  pinned timestamptz;
  last_at timestamptz;
  last_status text;
  clock timestamptz;
  every interval := make_interval(secs => (wanted->>'everyMs')::double precision / 1000);
  why text;
BEGIN
  -- Of all processes that ask at once, the first one finds that it is time.
  SELECT o.alive_at INTO alive FROM rolecall.operations AS o WHERE o.only FOR UPDATE;
  clock := clock_timestamp();
  UPDATE rolecall.operations AS o SET alive_at = clock
   WHERE o.only AND (o.alive_at IS NULL OR o.alive_at < clock - interval '50 seconds');
  SELECT i.pinned_at INTO pinned FROM rolecall.instance AS i WHERE i.only AND i.provider_instance IS NOT NULL;
  IF pinned IS NULL THEN
    RETURN NULL;
  END IF;
  IF alive < clock - interval '10 minutes' THEN
    why := 'outage';
  ELSIF every IS NOT NULL THEN
    SELECT r.asked_at, r.status INTO last_at, last_status FROM rolecall.reconciliations AS r
     WHERE r.organization_id = '' AND NOT r.dry_run ORDER BY r.id DESC LIMIT 1;
    -- One that failed is tried again before a whole day is over.
    IF last_status = 'failed' THEN
      every := least(every, interval '1 hour');
    END IF;
    IF greatest(pinned, last_at) < clock - every THEN
      why := 'schedule';
    END IF;
  END IF;
  IF why IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN rolecall.start_reconciliation(
    jsonb_build_object('dryRun', false, 'cause', why, 'by', 'rolecall', 'reason', ''));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.schedule_reconciliation(jsonb) IS
  'Internal. Notes that somebody is at work, and starts a reconciliation of all where nobody was for ten minutes, or where {everyMs} have gone by since the last one; null when it is not time, or when no instance is known yet. For all processes at once.';
--> statement-breakpoint
CREATE FUNCTION rolecall.take_calls(wanted jsonb) RETURNS double precision
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  budget rolecall.provider_budget%ROWTYPE;
  rate double precision := (wanted->>'callsPerSecond')::double precision;
  burst double precision := (wanted->>'burst')::double precision;
  calls integer := (wanted->>'calls')::integer;
  clock timestamptz;
  missing double precision;
BEGIN
  IF calls = 0 THEN
    RETURN 0;
  END IF;
  SELECT * INTO STRICT budget FROM rolecall.provider_budget FOR UPDATE;
  clock := clock_timestamp();
  IF budget.paused_until > clock THEN
    RETURN extract(epoch FROM budget.paused_until - clock) * 1000;
  END IF;
  budget.tokens := least(burst, budget.tokens + rate * greatest(0, extract(epoch FROM clock - budget.refilled_at)));
  -- The same fifth that mass work among the effects leaves to removals and lookups.
  missing := calls + burst / 5 - budget.tokens;
  IF missing > 0 THEN
    RETURN missing / rate * 1000;
  END IF;
  UPDATE rolecall.provider_budget AS b SET tokens = budget.tokens - calls, refilled_at = clock;
  RETURN 0;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.take_calls(jsonb) IS
  'Internal. {calls, callsPerSecond, burst}: takes so many calls out of the shared budget and returns 0, or takes none and returns for how many milliseconds to wait.';
--> statement-breakpoint
CREATE FUNCTION rolecall.lease_reconciliation(request jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_bitmapscan = off
  SET jit = off
AS $$
DECLARE
  held rolecall.reconciliations%ROWTYPE;
  wait_ms double precision;
BEGIN
  SELECT * INTO held FROM rolecall.reconciliations AS r
   WHERE r.status = 'running' AND r.due_at <= clock_timestamp()
     AND (r.leased_until IS NULL OR r.leased_until < clock_timestamp())
     AND (request->>'id' IS NULL OR r.id = (request->>'id')::bigint)
   -- In turn: that of all does not keep that of one organization waiting.
   ORDER BY r.leased_until NULLS FIRST, r.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF held.id IS NULL THEN
    RETURN NULL;
  END IF;
  wait_ms := rolecall.take_calls(request || jsonb_build_object('calls', CASE held.stage
    WHEN 'users' THEN 2 WHEN 'absences' THEN 0 WHEN 'judgement' THEN 0 WHEN 'questions' THEN 0 ELSE 1 END));
  IF wait_ms > 0 THEN
    UPDATE rolecall.reconciliations AS r SET due_at = clock_timestamp() + make_interval(secs => wait_ms / 1000)
     WHERE r.id = held.id;
    RETURN NULL;
  END IF;
  UPDATE rolecall.reconciliations AS r
     SET attempts = r.attempts + 1, lease_token = gen_random_uuid(),
         leased_until = clock_timestamp() + make_interval(secs => (request->>'leaseMs')::double precision / 1000),
         begun_at = coalesce(r.begun_at, to_timestamp((request->>'now')::double precision / 1000))
   WHERE r.id = held.id RETURNING * INTO held;
  RETURN jsonb_build_object(
    'id', held.id, 'token', held.lease_token, 'cause', held.cause, 'organizationId', nullif(held.organization_id, ''),
    'dryRun', held.dry_run, 'stage', held.stage, 'position', held.position, 'attempts', held.attempts);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.lease_reconciliation(jsonb) IS
  'Internal. {id, leaseMs, now, callsPerSecond, burst}: the next page of a running reconciliation, of {id} or of any, with the calls that it takes; null when there is none, or none yet. Attempts are counted before they start.';
--> statement-breakpoint
CREATE FUNCTION rolecall.held_reconciliation(lease jsonb) RETURNS rolecall.reconciliations
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT * FROM rolecall.reconciliations AS r
   WHERE r.id = (lease->>'id')::bigint AND r.status = 'running' AND r.lease_token = (lease->>'token')::uuid FOR UPDATE
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.held_reconciliation(jsonb) IS
  'Internal. The reconciliation of the lease {id, token}, locked; nothing when it was cancelled or somebody else carries it out.';
--> statement-breakpoint
CREATE FUNCTION rolecall.advance_reconciliation(reconciliation bigint, next_stage text, next_after jsonb) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE rolecall.reconciliations AS r
     SET stage = coalesce(next_stage, r.stage), after = next_after, attempts = 0, problem = NULL,
         position = CASE WHEN coalesce(next_stage, r.stage) = r.stage THEN r.position ELSE 0 END,
         status = CASE next_stage WHEN 'ended' THEN 'done' ELSE r.status END,
         ended_at = CASE next_stage WHEN 'ended' THEN clock_timestamp() END,
         due_at = clock_timestamp(), lease_token = NULL, leased_until = clock_timestamp()
   WHERE r.id = reconciliation
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.advance_reconciliation(bigint, text, jsonb) IS
  'Internal. Ends a page: the next one is of the given stage (null: of the same one; ended: there is none) and begins after what is given.';
--> statement-breakpoint
CREATE FUNCTION rolecall.commit_reconciled(batch jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  held rolecall.reconciliations%ROWTYPE;
  next jsonb := batch->'next';
  found jsonb := batch->'drift';
  committed jsonb := '{"revision": null, "owed": 0}';
BEGIN
  SELECT * INTO held FROM rolecall.held_reconciliation(batch->'lease');
  IF held.id IS NULL THEN
    RETURN NULL;
  END IF;
  IF jsonb_typeof(batch->'decision') = 'object' AND NOT held.dry_run THEN
    committed := rolecall.apply_decision(batch->'decision');
  END IF;
  INSERT INTO rolecall.reconciled (reconciliation_id, membership_id)
  SELECT held.id, m FROM jsonb_array_elements_text(batch->'listed') AS m
  ON CONFLICT DO NOTHING;
  INSERT INTO rolecall.drift (reconciliation_id, kind, organization_id, user_id, subject, ours, theirs, outcome)
  SELECT held.id, d.kind, d."organizationId", d."userId", d.subject, d.ours, d.theirs, d.outcome
    FROM jsonb_to_recordset(found) AS d(
           kind text, "organizationId" text, "userId" text, subject text, ours jsonb, theirs jsonb, outcome text);
  UPDATE rolecall.reconciliations AS r
     SET drift = rolecall.counted_drift(r.drift, found),
         compared = r.compared - r.position + coalesce((next->>'listed')::integer, r.position),
         total = CASE WHEN jsonb_typeof(next) = 'object'
                      THEN r.compared - r.position + greatest((next->>'listed')::integer, (next->>'total')::integer)
                      ELSE r.total END,
         position = coalesce((next->>'listed')::integer, r.position)
   WHERE r.id = held.id;
  IF jsonb_typeof(next) = 'object' THEN
    PERFORM rolecall.advance_reconciliation(held.id, next->>'stage', NULL);
  END IF;
  RETURN committed;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.commit_reconciled(jsonb) IS
  'Internal. What of a page differed, with the decision on it, whole or not at all: {lease, decision, listed: [membership], drift, next: {stage, listed, total} or null before the page has ended}. Of a dry run nothing is decided. Null when the reconciliation was cancelled or is carried out by somebody else.';
--> statement-breakpoint
CREATE FUNCTION rolecall.counted_drift(before jsonb, found jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE
  SET search_path = pg_catalog, pg_temp
  RETURN before || coalesce((
    SELECT jsonb_object_agg(k.kind, k.many + coalesce((before->>k.kind)::integer, 0))
      FROM (SELECT d->>'kind' AS kind, count(*) AS many FROM jsonb_array_elements(found) AS d GROUP BY 1) AS k), '{}');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.counted_drift(jsonb, jsonb) IS 'Internal. Counts by kind, with some more of them.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_off_reconciliation(wanted jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  held rolecall.reconciliations%ROWTYPE;
  pause_ms double precision := (wanted->>'pauseMs')::double precision;
  retry_ms double precision := (wanted->>'retryInMs')::double precision;
BEGIN
  SELECT * INTO held FROM rolecall.held_reconciliation(wanted->'lease');
  IF held.id IS NOT NULL THEN
    UPDATE rolecall.reconciliations AS r
       SET problem = wanted->>'problem', lease_token = NULL, leased_until = clock_timestamp(),
           -- Whoever waits for a rate limit has not failed.
           attempts = r.attempts - CASE WHEN pause_ms IS NULL THEN 0 ELSE 1 END,
           due_at = clock_timestamp() + make_interval(secs => coalesce(retry_ms, 0) / 1000),
           status = CASE WHEN retry_ms IS NULL THEN 'failed' ELSE r.status END,
           ended_at = CASE WHEN retry_ms IS NULL THEN clock_timestamp() END
     WHERE r.id = held.id;
  END IF;
  IF pause_ms IS NOT NULL THEN
    UPDATE rolecall.provider_budget AS b
       SET paused_until = greatest(b.paused_until, clock_timestamp() + make_interval(secs => pause_ms / 1000));
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_off_reconciliation(jsonb) IS
  'Internal. {lease, problem, retryInMs, pauseMs}: the page could not be had; it is tried again then, or, without retryInMs, the reconciliation has failed. pauseMs: nobody calls the provider for so long.';
--> statement-breakpoint
CREATE FUNCTION rolecall.find_absences(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  held rolecall.reconciliations%ROWTYPE;
  most integer := (wanted->>'most')::integer;
  organizations text[];
  users text[];
  memberships text[];
  looked integer;
  missed integer;
  before bigint;
BEGIN
  SELECT * INTO held FROM rolecall.held_reconciliation(wanted->'lease');
  IF held.id IS NULL THEN
    RETURN NULL;
  END IF;
  IF held.organization_id = '' THEN
    SELECT array_agg(p.organization_id), array_agg(p.user_id), array_agg(p.membership_id)
      INTO organizations, users, memberships
      FROM (SELECT * FROM rolecall.pairs AS p
             WHERE (p.organization_id, p.user_id) > (coalesce(held.after->>0, ''), coalesce(held.after->>1, ''))
             ORDER BY p.organization_id, p.user_id LIMIT most) AS p;
  ELSE
    SELECT array_agg(p.organization_id), array_agg(p.user_id), array_agg(p.membership_id)
      INTO organizations, users, memberships
      FROM (SELECT * FROM rolecall.pairs AS p
             WHERE p.organization_id = held.organization_id AND p.user_id > coalesce(held.after->>1, '')
             ORDER BY p.user_id LIMIT most) AS p;
  END IF;
  looked := coalesce(cardinality(users), 0);
  -- What was told of within the minute before the lists were begun may have been too new for them (rule 8).
  before := (extract(epoch FROM held.begun_at) * 1000)::bigint - 60000;
  INSERT INTO rolecall.drift (reconciliation_id, kind, organization_id, user_id, subject, ours, outcome)
  SELECT held.id, 'extra', l.organization_id, l.user_id, m.id,
         jsonb_build_object('membership', m.id, 'role', m.role), 'found'
    FROM unnest(organizations, users, memberships) AS l(organization_id, user_id, membership_id)
    JOIN rolecall.memberships AS m ON m.id = l.membership_id
   WHERE m.deleted_at IS NULL AND m.seen_at <= before
     AND NOT EXISTS (SELECT FROM rolecall.reconciled AS r WHERE r.reconciliation_id = held.id AND r.membership_id = m.id)
     AND EXISTS (SELECT FROM rolecall.standing AS s
                  WHERE s.organization_id = l.organization_id AND s.user_id = l.user_id);
  GET DIAGNOSTICS missed = ROW_COUNT;
  IF missed > 0 THEN
    UPDATE rolecall.reconciliations AS r
       SET drift = r.drift || jsonb_build_object('extra', missed + coalesce((r.drift->>'extra')::integer, 0))
     WHERE r.id = held.id;
  END IF;
  IF looked < most THEN
    PERFORM rolecall.advance_reconciliation(held.id, CASE WHEN held.dry_run THEN 'ended' ELSE 'judgement' END, NULL);
  ELSE
    PERFORM rolecall.advance_reconciliation(
      held.id, NULL, jsonb_build_array(organizations[looked], users[looked]));
  END IF;
  RETURN looked = most;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.find_absences(jsonb) IS
  'Internal. {lease, most}: looks at the next {most} of our members and writes down those that the provider did not list. Nothing is done to them. Whether there are more to look at; null as above.';
--> statement-breakpoint
-- Counts every member once where more than a few are missing: once a reconciliation, never on a hot path.
CREATE FUNCTION rolecall.judge_absences(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET jit = off
AS $$
DECLARE
  held rolecall.reconciliations%ROWTYPE;
  few bigint := (wanted->>'few')::bigint;
  share double precision := (wanted->>'share')::double precision;
  lost jsonb;
  losing bigint;
  hit jsonb;
  everybody bigint;
  too_many jsonb := '{}';
  rest bigint;
  whole boolean;
  raised bigint;
BEGIN
  SELECT * INTO held FROM rolecall.held_reconciliation(wanted->'lease');
  IF held.id IS NULL THEN
    RETURN NULL;
  END IF;
  -- The latest look counts: what an older one wanted to know was asked again.
  UPDATE rolecall.holds AS h
     SET status = 'rejected', decided_by = 'reconciliation:' || held.id, decided_at = clock_timestamp()
   WHERE h.kind = 'absences' AND h.status = 'waiting' AND h.payload->>'scope' = held.organization_id;
  SELECT jsonb_object_agg(o.organization_id, o.losing), sum(o.losing) INTO lost, losing
    FROM (SELECT d.organization_id, count(*) AS losing FROM rolecall.drift AS d
           WHERE d.reconciliation_id = held.id AND d.kind = 'extra' GROUP BY 1) AS o;
  IF lost IS NULL THEN
    PERFORM rolecall.advance_reconciliation(held.id, 'ended', NULL);
    RETURN jsonb_build_object('asked', 0, 'held', 0, 'hold', NULL);
  END IF;
  -- A provider that lists nobody at all is not believed, however few there are.
  whole := held.organization_id = ''
    AND NOT EXISTS (SELECT FROM rolecall.reconciled AS r WHERE r.reconciliation_id = held.id);
  IF whole OR losing > few THEN
    -- One look at all of them: for each organization by itself it would be ten times as long.
    WITH counted AS MATERIALIZED (
      SELECT s.organization_id, count(*) AS members FROM rolecall.standing AS s
       WHERE held.organization_id = '' OR s.organization_id = held.organization_id GROUP BY 1)
    SELECT (SELECT sum(c.members) FROM counted AS c),
           jsonb_object_agg(c.organization_id, jsonb_build_object('members', c.members, 'losing', lost->c.organization_id))
      INTO everybody, hit FROM counted AS c WHERE lost ? c.organization_id;
    SELECT coalesce(jsonb_object_agg(h.key, h.value), '{}') INTO too_many FROM jsonb_each(hit) AS h
     WHERE (h.value->>'losing')::bigint > greatest(few, share * (h.value->>'members')::bigint);
    SELECT losing - coalesce(sum((h.value->>'losing')::bigint), 0) INTO rest FROM jsonb_each(too_many) AS h;
    -- What is left is judged for itself: one organization that is gone keeps nobody in elsewhere.
    whole := whole OR rest > greatest(few, share * everybody);
  END IF;
  IF whole THEN
    too_many := hit;
  END IF;
  IF too_many <> '{}' THEN
    INSERT INTO rolecall.holds (kind, difference, payload, raised_by, reason)
    SELECT 'absences',
           jsonb_build_object(
             'reconciliation', held.id, 'members', everybody,
             'losing', (SELECT sum((o.value->>'losing')::bigint) FROM jsonb_each(too_many) AS o),
             'organizations', (
               SELECT jsonb_agg(jsonb_build_object('organization', w.key, 'members', w.value->'members', 'losing', w.value->'losing'))
                 FROM (SELECT * FROM jsonb_each(too_many) AS o
                        ORDER BY (o.value->>'losing')::bigint / greatest(few, share * (o.value->>'members')::bigint) DESC, o.key
                        LIMIT 50) AS w),
             'sample', (
               SELECT jsonb_agg(jsonb_build_object('organization', d.organization_id, 'user', d.user_id, 'role', d.ours->>'role'))
                 FROM (SELECT * FROM rolecall.drift AS d
                        WHERE d.reconciliation_id = held.id AND d.kind = 'extra' AND too_many ? d.organization_id
                        ORDER BY d.id LIMIT 20) AS d)),
           jsonb_build_object('reconciliation', held.id, 'scope', held.organization_id, 'settled', false, 'after', 0,
             'organizations', CASE WHEN NOT whole THEN (SELECT jsonb_agg(o.key) FROM jsonb_each(too_many) AS o) END),
           held.asked_by, held.reason
    RETURNING id INTO raised;
  END IF;
  PERFORM rolecall.advance_reconciliation(held.id, 'questions', '0');
  SELECT coalesce(sum((o.value->>'losing')::bigint), 0) INTO rest FROM jsonb_each(too_many) AS o;
  RETURN jsonb_build_object('hold', raised, 'held', rest, 'asked', losing - rest);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.judge_absences(jsonb) IS
  'Internal. {lease, few, share}: whether more of an organization''s members are missing than few and that share of them, or of all together; those wait for an operator. A hold of the same scope from before is over. {asked, held, hold}, or null as above.';
--> statement-breakpoint
CREATE FUNCTION rolecall.ask_about_absent(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  held rolecall.reconciliations%ROWTYPE;
  waiting jsonb;
  last_id bigint;
BEGIN
  SELECT * INTO held FROM rolecall.held_reconciliation(wanted->'lease');
  IF held.id IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT h.payload INTO waiting FROM rolecall.holds AS h
   WHERE h.kind = 'absences' AND h.payload->'reconciliation' = to_jsonb(held.id) ORDER BY h.id DESC LIMIT 1;
  last_id := rolecall.tell_absent(held.id, (held.after#>>'{}')::bigint, (wanted->>'most')::integer, waiting, 'held', 'asked');
  PERFORM rolecall.advance_reconciliation(
    held.id, CASE WHEN last_id IS NULL THEN 'ended' END, to_jsonb(last_id));
  RETURN last_id IS NOT NULL;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.ask_about_absent(jsonb) IS
  'Internal. {lease, most}: owes a direct lookup for the next of those who were not listed, unless they wait for an operator. Whether there may be more; null as above.';
--> statement-breakpoint
CREATE FUNCTION rolecall.tell_absent(
  reconciliation bigint, after_id bigint, most integer, waiting jsonb, of_waiting text, of_others text) RETURNS bigint
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  last_id bigint;
  lookups jsonb;
BEGIN
  -- Some of the rows between are of another kind, or were told before: they are passed over.
  SELECT max(d.id) INTO last_id
    FROM (SELECT d.id FROM rolecall.drift AS d WHERE d.reconciliation_id = reconciliation AND d.id > after_id
           ORDER BY d.id LIMIT most) AS d;
  WITH told AS (
    UPDATE rolecall.drift AS d SET outcome = w.becomes
      FROM (SELECT e.id, CASE WHEN waiting->'organizations' = 'null' OR waiting->'organizations' ? e.organization_id
                              THEN of_waiting ELSE of_others END AS becomes
              FROM rolecall.drift AS e
             WHERE e.reconciliation_id = reconciliation AND e.id > after_id AND e.id <= last_id
               AND e.kind = 'extra' AND e.outcome IN ('found', 'held')) AS w
     WHERE d.id = w.id AND w.becomes IS NOT NULL
    RETURNING d.organization_id, d.user_id, d.outcome
  )
  SELECT jsonb_agg(jsonb_build_object(
           'kind', 'lookup_member', 'organizationId', t.organization_id, 'userId', t.user_id, 'lane', 3,
           'reconciliation', reconciliation))
    INTO lookups FROM told AS t WHERE t.outcome = 'asked';
  IF lookups IS NOT NULL THEN
    PERFORM rolecall.owe_effects(lookups, false);
  END IF;
  RETURN last_id;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.tell_absent(bigint, bigint, integer, jsonb, text, text) IS
  'Internal. Says of the next {most} rows of drift what becomes of those who were not listed: of those whom a hold''s payload names the one, of the others the other; null leaves them. Those who are asked about are owed a lookup, behind everybody else''s. The last row looked at; null when there is none.';
--> statement-breakpoint
CREATE FUNCTION rolecall.decide_absences(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE rolecall.holds AS h
     SET status = CASE WHEN (wanted->>'approved')::boolean THEN 'approved' ELSE 'rejected' END,
         decided_by = wanted->>'by', decided_at = clock_timestamp(), decision_reason = coalesce(wanted->>'reason', '')
   WHERE h.id = (wanted->>'id')::bigint AND h.kind = 'absences' AND h.status = 'waiting';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
  VALUES (wanted->>'by', CASE WHEN (wanted->>'approved')::boolean THEN 'approve_hold' ELSE 'reject_hold' END, wanted->>'id',
          coalesce(wanted->>'reason', ''));
  RETURN true;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.decide_absences(jsonb) IS
  'Internal. {id, approved, by, reason}: what is to become of those whom a hold of absences names; carried out by rolecall.settle_absences. False when it does not wait any more.';
--> statement-breakpoint
CREATE FUNCTION rolecall.settle_absences(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET jit = off
AS $$
DECLARE
  decided rolecall.holds%ROWTYPE;
  last_id bigint;
BEGIN
  SELECT * INTO decided FROM rolecall.holds AS h
   WHERE h.kind = 'absences' AND h.status <> 'waiting' AND h.payload->'settled' = 'false'
   ORDER BY h.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF decided.id IS NULL THEN
    RETURN false;
  END IF;
  last_id := rolecall.tell_absent(
    (decided.payload->>'reconciliation')::bigint, (decided.payload->>'after')::bigint, (wanted->>'most')::integer,
    decided.payload, CASE decided.status WHEN 'approved' THEN 'asked' ELSE 'rejected' END, NULL);
  UPDATE rolecall.holds AS h
     SET payload = h.payload || CASE WHEN last_id IS NULL THEN '{"settled": true}' ELSE jsonb_build_object('after', last_id) END
   WHERE h.id = decided.id;
  RETURN true;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.settle_absences(jsonb) IS
  'Internal. {most}: carries out the next part of what was decided on a hold of absences: approved ones are asked about, rejected ones marked so. False when there is nothing left of any.';
--> statement-breakpoint
CREATE FUNCTION rolecall.cancel_reconciliation(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE rolecall.reconciliations AS r
     SET status = 'cancelled', ended_at = clock_timestamp(), cancelled_by = wanted->>'by', lease_token = NULL
   WHERE r.id = (wanted->>'id')::bigint AND r.status = 'running';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO rolecall.operator_actions (operator, action, subject)
  VALUES (wanted->>'by', 'cancel_reconciliation', wanted->>'id');
  RETURN true;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.cancel_reconciliation(jsonb) IS
  'Internal. {id, by}: ends a running reconciliation before its next commit; what was repaired stays so. False when it does not run.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_reconciliations(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id, 'status', r.status, 'cause', r.cause, 'organization', nullif(r.organization_id, ''),
             'dryRun', r.dry_run, 'stage', r.stage, 'compared', r.compared, 'total', r.total, 'drift', r.drift,
             'held', (SELECT max(h.id) FROM rolecall.holds AS h
                       WHERE h.kind = 'absences' AND h.payload->'reconciliation' = to_jsonb(r.id)),
             'problem', r.problem, 'by', r.asked_by, 'reason', r.reason, 'askedAt', rolecall.instant(r.asked_at),
             'endedAt', rolecall.instant(r.ended_at), 'cancelledBy', r.cancelled_by) ORDER BY r.id DESC), '[]')
      FROM (SELECT * FROM rolecall.reconciliations AS p
             WHERE p.id = coalesce((wanted->>'id')::bigint, p.id)
               AND (wanted->>'before' IS NULL OR p.id < (wanted->>'before')::bigint)
             ORDER BY p.id DESC LIMIT (wanted->>'limit')::integer) AS r);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_reconciliations(jsonb) IS
  'Internal. At most {limit} reconciliations, the latest first, before {before}, or the one with {id}.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_drift(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'position', d.id, 'kind', d.kind, 'organization', d.organization_id, 'user', d.user_id,
             'subject', d.subject, 'ours', d.ours, 'theirs', d.theirs, 'outcome', d.outcome) ORDER BY d.id), '[]')
      FROM (SELECT * FROM rolecall.drift AS e
             WHERE e.reconciliation_id = (wanted->>'id')::bigint AND e.id > (wanted->>'after')::bigint
             ORDER BY e.id LIMIT (wanted->>'limit')::integer) AS d);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_drift(jsonb) IS
  'Internal. What the reconciliation {id} found, at most {limit} after the position {after}.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY[
    'start_reconciliation(jsonb)', 'schedule_reconciliation(jsonb)', 'take_calls(jsonb)', 'lease_reconciliation(jsonb)',
    'held_reconciliation(jsonb)', 'advance_reconciliation(bigint, text, jsonb)', 'commit_reconciled(jsonb)',
    'counted_drift(jsonb, jsonb)', 'put_off_reconciliation(jsonb)', 'find_absences(jsonb)', 'judge_absences(jsonb)',
    'ask_about_absent(jsonb)', 'tell_absent(bigint, bigint, integer, jsonb, text, text)',
    'decide_absences(jsonb)', 'settle_absences(jsonb)', 'cancel_reconciliation(jsonb)',
    'read_reconciliations(jsonb)', 'read_drift(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
END
$$;
