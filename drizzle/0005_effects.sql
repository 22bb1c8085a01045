-- Effects: leased, executed outside of any transaction, settled with the lease as fence.
CREATE FUNCTION rolecall.lease_effects(request jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  -- Of two indexes that fit an empty table alike, only the one in order stays right when it has grown.
  SET enable_sort = off
  SET jit = off
AS $$
DECLARE
  budget rolecall.provider_budget%ROWTYPE;
  rate double precision := (request->>'callsPerSecond')::double precision;
  burst double precision := (request->>'burst')::double precision;
  most integer := (request->>'most')::integer;
  -- Unless an operator has paused them, for all processes at once.
  revoking boolean := coalesce((request->>'revoke')::boolean, true)
    AND (SELECT o.effects_paused_at IS NULL FROM rolecall.operations AS o WHERE o.only);
  -- What one lease of a revocation takes out of the bucket, so that many at once cannot overdraw it: it settles what
  -- it did not use.
  revocation_calls integer := greatest(1, least(60, greatest(3, floor(burst / 10)), floor(burst * 0.8)));
  -- A variable, since an index condition cannot hold a volatile function: what waits for later is not read.
  clock timestamptz := clock_timestamp();
  leased jsonb;
  granted bigint;
BEGIN
  -- Idle sweeps touch nothing: no lock and no write while nothing is due.
  IF NOT EXISTS (
    SELECT FROM generate_series(0, 3) AS l(lane), LATERAL (
      SELECT FROM rolecall.effects AS e
       WHERE e.status = 'owed' AND e.lane = l.lane AND e.due_at <= clock
         AND (e.leased_until IS NULL OR e.leased_until < clock)
         AND (revoking OR e.kind NOT IN ('revoke_sessions', 'revoke_holders'))
       ORDER BY e.due_at LIMIT 1) AS due
  ) THEN
    RETURN '[]';
  END IF;
  SELECT * INTO STRICT budget FROM rolecall.provider_budget FOR UPDATE;
  -- Behind the lock time has passed.
  clock := clock_timestamp();
  IF budget.paused_until > clock THEN
    RETURN '[]';
  END IF;
  budget.tokens := least(burst, budget.tokens
    + rate * greatest(0, extract(epoch FROM clock - budget.refilled_at)));

  -- A fifth of the bucket is kept for removals and lookups: reductions and mass work never empty it.
  WITH due AS (
    SELECT d.id, l.lane, d.due_at, d.calls
      FROM generate_series(0, 3) AS l(lane), LATERAL (
             SELECT e.id, e.due_at, CASE e.kind WHEN 'revoke_sessions' THEN revocation_calls WHEN 'check_constraints' THEN 0 WHEN 'revoke_holders' THEN 0 ELSE 1 END AS calls
               FROM rolecall.effects AS e
              WHERE e.status = 'owed' AND e.lane = l.lane AND e.due_at <= clock
                AND (e.leased_until IS NULL OR e.leased_until < clock)
                AND (revoking OR e.kind NOT IN ('revoke_sessions', 'revoke_holders'))
              ORDER BY e.due_at LIMIT most FOR UPDATE SKIP LOCKED) AS d
  ), in_order AS (
    SELECT d.id, d.lane, d.calls, row_number() OVER urgency AS place, sum(d.calls) OVER urgency AS spent
      FROM due AS d WINDOW urgency AS (ORDER BY d.lane, d.due_at, d.id)
  ), taken AS (
    UPDATE rolecall.effects AS e
       SET lease_token = gen_random_uuid(), attempts = e.attempts + 1,
           leased_until = clock_timestamp() + make_interval(secs => (request->>'leaseMs')::double precision / 1000)
      FROM in_order AS o
     WHERE e.id = o.id AND o.place <= most
       AND o.spent <= budget.tokens - CASE WHEN o.lane < 2 THEN 0 ELSE burst / 5 END
    RETURNING e.*, o.calls
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'id', t.id, 'kind', t.kind, 'organizationId', t.organization_id, 'userId', t.user_id, 'cutoff', t.cutoff,
           'onlyWhenLast', t.only_when_last, 'loss', t.loss, 'reached', t.reached,
           'lane', (ARRAY['removal', 'lookup', 'reduction', 'bulk'])[t.lane + 1], 'attempts', t.attempts,
           'generation', t.generation, 'progress', t.progress, 'leaseToken', t.lease_token, 'deliveryId', t.delivery_id,
           'reconciliationId', t.reconciliation_id, 'calls', t.calls)
           ORDER BY t.lane, t.due_at), '[]'), coalesce(sum(t.calls), 0)
    INTO leased, granted FROM taken AS t;

  IF granted > 0 THEN
    UPDATE rolecall.provider_budget SET tokens = budget.tokens - granted, refilled_at = clock;
  END IF;
  RETURN leased;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.lease_effects(jsonb) IS
  'Internal. request is {most, leaseMs, callsPerSecond, burst, revoke}: takes at most so many due effects for so long, most urgent lane first, as far as the calls they may make are in the shared budget; none while a 429 pauses everybody, no revocation unless revoke, nor while an operator has paused them. Attempts are counted before they start.';
--> statement-breakpoint
CREATE FUNCTION rolecall.settle_effect(settlement jsonb) RETURNS text
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  held rolecall.effects%ROWTYPE;
  tried jsonb;
  answer text;
BEGIN
  SELECT * INTO held FROM rolecall.effects AS e
   WHERE e.id = (settlement->>'id')::bigint AND e.lease_token = (settlement->>'leaseToken')::uuid FOR UPDATE;
  -- Every call that was made counts, also by a worker whose lease has run out; what was granted and not used goes back.
  IF (settlement->>'calls')::integer <> (settlement->>'granted')::integer OR settlement->>'pauseMs' IS NOT NULL THEN
    UPDATE rolecall.provider_budget AS b
       SET tokens = b.tokens + (settlement->>'granted')::integer - (settlement->>'calls')::integer,
           paused_until = greatest(b.paused_until,
             clock_timestamp() + make_interval(secs => (settlement->>'pauseMs')::double precision / 1000));
  END IF;
  tried := held.tries || jsonb_build_object(
    'at', rolecall.instant(clock_timestamp()), 'result', settlement->>'result', 'error', settlement->>'error',
    'calls', (settlement->>'calls')::integer);
  -- The latest twenty: what waits for weeks is tried as often as it takes.
  IF jsonb_array_length(tried) > 20 THEN
    tried := tried - 0;
  END IF;
  IF held.id IS NULL THEN
    answer := 'lost_lease';
  ELSIF settlement->>'result' = 'done' AND held.generation = (settlement->>'generation')::integer THEN
    UPDATE rolecall.effects AS e
       SET status = 'done', settled_at = clock_timestamp(), lease_token = NULL, leased_until = NULL, last_error = NULL,
           tries = tried
     WHERE e.id = held.id;
    answer := 'done';
  ELSIF settlement->>'result' = 'dead' AND held.generation = (settlement->>'generation')::integer THEN
    UPDATE rolecall.effects AS e
       SET status = 'dead', settled_at = clock_timestamp(), lease_token = NULL, leased_until = NULL,
           last_error = settlement->>'error', tries = tried
     WHERE e.id = held.id;
    answer := 'dead';
  ELSE
    UPDATE rolecall.effects AS e
       SET lease_token = NULL, leased_until = NULL,
           last_error = settlement->>'error', tries = tried,
           progress = CASE
             WHEN held.generation <> (settlement->>'generation')::integer THEN 0
             ELSE coalesce((settlement->>'progress')::integer, e.progress) END,
           attempts = CASE
             WHEN held.generation <> (settlement->>'generation')::integer THEN 0
             WHEN settlement->>'result' = 'paused' THEN greatest(e.attempts - 1, 0)
             ELSE e.attempts END,
           due_at = CASE
             WHEN held.generation <> (settlement->>'generation')::integer THEN e.due_at
             -- Before those whom it has found so far: who held what is best known soon after the change.
             WHEN held.kind = 'revoke_holders' AND settlement->>'result' = 'paused' THEN e.due_at
             ELSE clock_timestamp()
               + make_interval(secs => coalesce((settlement->>'retryInMs')::double precision, 0) / 1000) END
     WHERE e.id = held.id;
    answer := CASE WHEN held.generation <> (settlement->>'generation')::integer THEN 'again' ELSE 'retry' END;
  END IF;
  PERFORM rolecall.tally_attempt(coalesce(held.kind, 'unknown'), settlement);
  RETURN answer;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.settle_effect(jsonb) IS
  'Internal. Ends a lease: done, dead, retry (due again later), again (more was owed meanwhile: due now) or lost_lease (somebody else has it; nothing was written).';

--> statement-breakpoint
CREATE FUNCTION rolecall.check_constraints(subject jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  organization text := subject->>'organizationId';
  single record;
  holders text[];
BEGIN
  FOR single IN
    SELECT c.role FROM rolecall.active_policy AS a
      JOIN rolecall.policies AS p ON p.version = a.version,
           LATERAL jsonb_to_recordset(p.compiled->'exactlyOne') AS c(role text)
  LOOP
    SELECT array_agg(s.user_id ORDER BY s.user_id) INTO holders FROM rolecall.standing AS s
     WHERE s.organization_id = organization AND s.role = single.role;
    IF coalesce(cardinality(holders), 0) = 1
       OR NOT EXISTS (SELECT FROM rolecall.standing AS s WHERE s.organization_id = organization) THEN
      UPDATE rolecall.findings AS f SET ended_at = clock_timestamp()
       WHERE f.organization_id = organization AND f.kind = 'exactly_one' AND f.role = single.role AND f.ended_at IS NULL;
    ELSE
      UPDATE rolecall.findings AS f SET detail = jsonb_build_object('holders', coalesce(to_jsonb(holders[1:20]), '[]'))
       WHERE f.organization_id = organization AND f.kind = 'exactly_one' AND f.role = single.role AND f.ended_at IS NULL;
      IF NOT FOUND THEN
        INSERT INTO rolecall.findings (kind, organization_id, role, detail)
        VALUES ('exactly_one', organization, single.role,
                jsonb_build_object('holders', coalesce(to_jsonb(holders[1:20]), '[]')));
      END IF;
    END IF;
  END LOOP;
  RETURN 'null';
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.check_constraints(jsonb) IS
  'Internal. Counts in one organization ({organizationId}) who holds each role that exactly one may hold: another number opens a finding, one ends it. An organization without members has none.';
--> statement-breakpoint
-- A plan made while the tables were empty must not read them whole for a page, by whichever way.
CREATE FUNCTION rolecall.read_holders(page jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  most integer := (page->>'most')::integer;
  organization text := page->>'organizationId';
  after_organization text := coalesce(split_part(page->>'reached', '/', 1), organization, '');
  after_user text := coalesce(split_part(page->>'reached', '/', 2), '');
  -- In all of them from there on, or in that one.
  up_to text := coalesce(organization, (SELECT max(p.organization_id) FROM rolecall.pairs AS p));
  roles text[] := CASE WHEN page ? 'roles' THEN rolecall.texts(page->'roles') END;
  since bigint := (page->>'at')::bigint;
  first_count integer := (page->>'firstCount')::integer;
  found jsonb;
BEGIN
  WITH looked_at AS (
    SELECT p.organization_id, p.user_id, p.membership_id, p.left_roles FROM rolecall.pairs AS p
     WHERE (p.organization_id, p.user_id) > (after_organization, after_user) AND p.organization_id <= up_to
     ORDER BY p.organization_id, p.user_id LIMIT most
  ), holders AS (
    SELECT l.organization_id, l.user_id FROM looked_at AS l
      JOIN rolecall.memberships AS m ON m.id = l.membership_id
      JOIN rolecall.active_policy AS a ON a.only
      LEFT JOIN rolecall.users AS u ON u.id = l.user_id
      LEFT JOIN rolecall.organizations AS o ON o.id = l.organization_id
     WHERE m.deleted_at IS NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at)
       AND u.deleted_at IS NULL AND u.suspended IS NOT TRUE AND o.deleted_at IS NULL
       -- Whoever joined later, or left another role for this one later, held nothing by it then.
       AND m.created_at <= since
       AND (m.effective_at <= since OR m.effective_at IS NULL OR l.left_roles = '{}'
            OR NOT EXISTS (SELECT FROM jsonb_each_text(l.left_roles) AS r(role, until) WHERE r.until::bigint > since))
       AND (roles IS NULL OR a.first_count > 0 OR rolecall.roles_in(m.role, m.scoped, m.ceiling) && roles)
  )
  SELECT jsonb_build_object(
    'holders', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
               'organizationId', h.organization_id, 'userId', h.user_id,
               'wasFirst', first_count > 0 AND h.user_id IN (
                 SELECT e.user_id FROM rolecall.pairs AS e WHERE e.organization_id = h.organization_id
                  ORDER BY e.first_joined_at, e.user_id COLLATE "C" LIMIT first_count))), '[]') FROM holders AS h),
    'reached', (SELECT l.organization_id || '/' || l.user_id FROM looked_at AS l
                 ORDER BY l.organization_id DESC, l.user_id DESC LIMIT 1),
    'more', (SELECT count(*) = most FROM looked_at))
    INTO found;
  RETURN found;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_holders(jsonb) IS
  'Internal. Looks at {most} pairs after {reached}, of {organizationId} where that is named: the members of them whom a change at {at} (milliseconds) may have reached, by one of {roles} if they are named, and whether they are among the {firstCount} first; reached is the last pair that was looked at.';
--> statement-breakpoint
CREATE FUNCTION rolecall.owe_revocations(page jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  held rolecall.effects%ROWTYPE;
BEGIN
  -- What they are owed and how far that has come are one commit: whoever takes over goes on from here.
  UPDATE rolecall.effects AS e SET reached = page->>'reached'
   WHERE e.id = (page->>'id')::bigint AND e.lease_token = (page->>'leaseToken')::uuid
  RETURNING e.* INTO held;
  IF held.id IS NULL THEN
    RETURN false;
  END IF;
  PERFORM rolecall.owe_effects(coalesce(jsonb_agg(jsonb_build_object(
            'kind', 'revoke_sessions', 'userId', u.id, 'lane', held.lane, 'cutoff', held.cutoff,
            'delivery', held.delivery_id)), '[]'), false)
     FROM jsonb_array_elements_text(page->'users') AS u(id);
  RETURN true;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.owe_revocations(jsonb) IS
  'Internal. {id, leaseToken, reached, users}: owes the revocations of those who lost by a change, in the lane and up to the cutoff of its effect, which has come as far as {reached}. False when somebody else has its lease; nothing was written then.';
