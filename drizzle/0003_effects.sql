-- Effects: leased, executed outside of any transaction, settled with the lease as fence.
CREATE FUNCTION rolecall.lease_effects(request jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
AS $$
DECLARE
  budget rolecall.provider_budget%ROWTYPE;
  rate double precision := (request->>'callsPerSecond')::double precision;
  burst double precision := (request->>'burst')::double precision;
  available integer;
  leased jsonb;
BEGIN
  -- Idle sweeps touch nothing: no lock and no write while nothing is due.
  IF NOT EXISTS (
    SELECT FROM generate_series(0, 3) AS l(lane), LATERAL (
      SELECT FROM rolecall.effects AS e
       WHERE e.status = 'owed' AND e.lane = l.lane AND e.due_at <= clock_timestamp() LIMIT 1) AS due
  ) THEN
    RETURN '[]';
  END IF;
  SELECT * INTO STRICT budget FROM rolecall.provider_budget FOR UPDATE;
  IF budget.paused_until > clock_timestamp() THEN
    RETURN '[]';
  END IF;
  budget.tokens := least(burst, budget.tokens
    + rate * greatest(0, extract(epoch FROM clock_timestamp() - budget.refilled_at)));
  available := greatest(0, least((request->>'most')::integer, floor(budget.tokens)));

  -- A fifth of the bucket is kept for removals and lookups: reductions and mass work never empty it.
  WITH due AS (
    SELECT d.id
      FROM generate_series(0, 3) AS l(lane), LATERAL (
             SELECT e.id, e.due_at FROM rolecall.effects AS e
              WHERE e.status = 'owed' AND e.lane = l.lane AND e.due_at <= clock_timestamp()
                AND (e.leased_until IS NULL OR e.leased_until < clock_timestamp())
                AND (l.lane < 2 OR budget.tokens - 1 >= burst / 5)
              ORDER BY e.due_at LIMIT available FOR UPDATE SKIP LOCKED) AS d
     ORDER BY l.lane, d.due_at LIMIT available
  ), taken AS (
    UPDATE rolecall.effects AS e
       SET lease_token = gen_random_uuid(), attempts = e.attempts + 1,
           leased_until = clock_timestamp() + make_interval(secs => (request->>'leaseMs')::double precision / 1000)
      FROM due WHERE e.id = due.id
    RETURNING e.*
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'id', t.id, 'kind', t.kind, 'organizationId', t.organization_id, 'userId', t.user_id, 'cutoff', t.cutoff,
           'onlyWhenLast', t.only_when_last,
           'lane', (ARRAY['removal', 'lookup', 'reduction', 'bulk'])[t.lane + 1], 'attempts', t.attempts, 'generation', t.generation,
           'leaseToken', t.lease_token, 'deliveryId', t.delivery_id) ORDER BY t.lane, t.due_at), '[]')
    INTO leased FROM taken AS t;

  UPDATE rolecall.provider_budget
     SET tokens = budget.tokens - jsonb_array_length(leased), refilled_at = clock_timestamp();
  RETURN leased;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.lease_effects(jsonb) IS
  'Internal. request is {most, leaseMs, callsPerSecond, burst}: takes at most so many due effects for so long, most urgent lane first, one call of the shared budget each; none while a 429 pauses everybody. Attempts are counted before they start.';
--> statement-breakpoint
CREATE FUNCTION rolecall.settle_effect(settlement jsonb) RETURNS text
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
AS $$
DECLARE
  held rolecall.effects%ROWTYPE;
BEGIN
  SELECT * INTO held FROM rolecall.effects AS e
   WHERE e.id = (settlement->>'id')::bigint AND e.lease_token = (settlement->>'leaseToken')::uuid FOR UPDATE;
  -- Every call that was made counts, also by a worker whose lease has run out.
  IF (settlement->>'calls')::integer > 1 OR settlement->>'pauseMs' IS NOT NULL THEN
    UPDATE rolecall.provider_budget AS b
       SET tokens = b.tokens - greatest((settlement->>'calls')::integer - 1, 0),
           paused_until = greatest(b.paused_until,
             clock_timestamp() + make_interval(secs => (settlement->>'pauseMs')::double precision / 1000));
  END IF;
  IF held.id IS NULL THEN
    RETURN 'lost_lease';
  END IF;
  IF settlement->>'result' = 'done' AND held.generation = (settlement->>'generation')::integer THEN
    UPDATE rolecall.effects AS e
       SET status = 'done', settled_at = clock_timestamp(), lease_token = NULL, leased_until = NULL, last_error = NULL
     WHERE e.id = held.id;
    RETURN 'done';
  END IF;
  IF settlement->>'result' = 'dead' AND held.generation = (settlement->>'generation')::integer THEN
    UPDATE rolecall.effects AS e
       SET status = 'dead', settled_at = clock_timestamp(), lease_token = NULL, leased_until = NULL,
           last_error = settlement->>'error'
     WHERE e.id = held.id;
    RETURN 'dead';
  END IF;
  UPDATE rolecall.effects AS e
     SET lease_token = NULL, leased_until = NULL,
         last_error = settlement->>'error',
         attempts = CASE
           WHEN held.generation <> (settlement->>'generation')::integer THEN 0
           WHEN settlement->>'result' = 'paused' THEN greatest(e.attempts - 1, 0)
           ELSE e.attempts END,
         due_at = CASE
           WHEN held.generation <> (settlement->>'generation')::integer THEN e.due_at
           ELSE clock_timestamp()
             + make_interval(secs => coalesce((settlement->>'retryInMs')::double precision, 0) / 1000) END
   WHERE e.id = held.id;
  RETURN CASE WHEN held.generation <> (settlement->>'generation')::integer THEN 'again' ELSE 'retry' END;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.settle_effect(jsonb) IS
  'Internal. Ends a lease: done, dead, retry (due again later), again (more was owed meanwhile: due now) or lost_lease (somebody else has it; nothing was written).';
