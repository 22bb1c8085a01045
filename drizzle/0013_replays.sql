CREATE TABLE "rolecall"."replayed" (
	"replay_id" bigint NOT NULL,
	"position" integer NOT NULL,
	"delivery_id" text NOT NULL,
	"outcome" text NOT NULL,
	"reason" text NOT NULL,
	"differences" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"owed" integer DEFAULT 0 NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "replayed_replay_id_position_pk" PRIMARY KEY("replay_id","position")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."replays" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rolecall"."replays_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"status" text DEFAULT 'running' NOT NULL,
	"dry_run" boolean NOT NULL,
	"selection" jsonb NOT NULL,
	"digest" text NOT NULL,
	"total" integer,
	"done" integer DEFAULT 0 NOT NULL,
	"outcomes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"after_received_at" timestamp with time zone,
	"after_id" text,
	"begun" integer DEFAULT 0 NOT NULL,
	"lease_token" uuid,
	"leased_until" timestamp with time zone,
	"asked_by" text NOT NULL,
	"reason" text NOT NULL,
	"asked_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"ended_at" timestamp with time zone,
	"cancelled_by" text,
	CONSTRAINT "replays_status" CHECK ("rolecall"."replays"."status" in ('running', 'done', 'cancelled'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "replays_running_once" ON "rolecall"."replays" USING btree ("digest") WHERE "rolecall"."replays"."status" = 'running';
--> statement-breakpoint
-- Replays: deliveries decided on once more, page by page, in a lane of their own.
CREATE FUNCTION rolecall.start_replay(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  selection jsonb := wanted->'selection';
  asked_for text := encode(sha256(convert_to(jsonb_build_array(selection, wanted->'dryRun')::text, 'UTF8')), 'hex');
  counted integer;
  started bigint;
BEGIN
  LOOP
    INSERT INTO rolecall.replays (dry_run, selection, digest, asked_by, reason)
    VALUES ((wanted->>'dryRun')::boolean, selection, asked_for, wanted->>'by', wanted->>'reason')
    ON CONFLICT (digest) WHERE status = 'running' DO NOTHING
    RETURNING id INTO started;
    EXIT WHEN started IS NOT NULL;
    -- The same one is under way, so this is that one; unless it has just ended.
    SELECT r.id INTO started FROM rolecall.replays AS r WHERE r.digest = asked_for AND r.status = 'running';
    IF started IS NOT NULL THEN
      RETURN jsonb_build_object('id', started, 'joined', true);
    END IF;
  END LOOP;
  IF selection ? 'ids' THEN
    counted := jsonb_array_length(selection->'ids');
  ELSE
    EXECUTE format('SELECT count(*) FROM (SELECT FROM rolecall.inbox AS i WHERE %s LIMIT 100001) AS c',
                   rolecall.delivery_conditions(selection->'filter')) INTO counted;
  END IF;
  UPDATE rolecall.replays AS r SET total = CASE WHEN counted <= 100000 THEN counted END WHERE r.id = started;
  IF NOT (wanted->>'dryRun')::boolean THEN
    INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
    VALUES (wanted->>'by', 'replay', started::text, wanted->>'reason');
  END IF;
  RETURN jsonb_build_object('id', started, 'joined', false);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.start_replay(jsonb) IS
  'Internal. {selection: {ids} or {filter}, dryRun, by, reason}: starts a replay, or joins the same one that runs already.';
--> statement-breakpoint
CREATE FUNCTION rolecall.lease_replay(request jsonb) RETURNS json
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_sort = off
  SET enable_bitmapscan = off
  SET jit = off
AS $$
DECLARE
  held rolecall.replays%ROWTYPE;
  ids text[];
  most integer := (request->>'most')::integer;
BEGIN
  SELECT * INTO held FROM rolecall.replays AS r
   WHERE r.status = 'running' AND (r.leased_until IS NULL OR r.leased_until < clock_timestamp())
     AND (request->>'id' IS NULL OR r.id = (request->>'id')::bigint)
   -- In turn: a long one does not keep a short one waiting.
   ORDER BY r.leased_until NULLS FIRST, r.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF held.id IS NULL THEN
    RETURN NULL;
  END IF;
  -- Pages that did not end may have ended their processes: what did it is found one by one.
  IF held.begun >= 2 THEN
    most := 1;
  END IF;
  IF held.selection ? 'ids' THEN
    ids := ARRAY(
      SELECT w.id FROM jsonb_array_elements_text(held.selection->'ids') WITH ORDINALITY AS w(id, place)
       WHERE w.place > held.done AND w.place <= held.done + most ORDER BY w.place);
  ELSE
    -- Only what was received before it was asked for: a replay ends.
    EXECUTE format(
      'SELECT array_agg(l.id) FROM (SELECT i.id FROM rolecall.inbox AS i WHERE %s AND i.received_at < %L
                                     ORDER BY i.received_at, i.id LIMIT %s) AS l',
      rolecall.delivery_conditions(held.selection->'filter' || jsonb_build_object('after',
        CASE WHEN held.after_id IS NOT NULL THEN jsonb_build_object(
          'receivedAt', (extract(epoch FROM held.after_received_at) * 1000000)::bigint, 'id', held.after_id) END)),
      held.asked_at, most) INTO ids;
  END IF;
  IF coalesce(cardinality(ids), 0) = 0 THEN
    UPDATE rolecall.replays AS r
       SET status = 'done', ended_at = clock_timestamp(), lease_token = NULL, leased_until = NULL
     WHERE r.id = held.id;
    RETURN json_build_object('id', held.id, 'ended', true);
  END IF;
  UPDATE rolecall.replays AS r
     SET begun = r.begun + 1, lease_token = gen_random_uuid(),
         leased_until = clock_timestamp() + make_interval(secs => (request->>'leaseMs')::double precision / 1000)
   WHERE r.id = held.id RETURNING * INTO held;
  RETURN json_build_object(
    'id', held.id, 'ended', false, 'token', held.lease_token, 'dryRun', held.dry_run, 'begun', held.begun,
    -- Bodies of two megabytes at most.
    'deliveries', rolecall.kept_deliveries(ids, 2097152));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.lease_replay(jsonb) IS
  'Internal. {most, leaseMs, id}: the next page of a running replay, of {id} or of any, for whoever carries it out; null when there is none. Pages are counted before they begin.';
--> statement-breakpoint
CREATE FUNCTION rolecall.kept_deliveries(ids text[], most_bytes bigint) RETURNS json
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT json_agg(json_build_object(
             'id', p.id, 'source', p.source, 'receivedAt', (extract(epoch FROM p.received_at) * 1000000)::bigint,
             'sha256', encode(p.body_sha256, 'hex'), 'attempts', p.attempts, 'known', p.known,
             'body', translate(encode(p.body, 'base64'), E'\n', '')) ORDER BY p.place)
      FROM (SELECT w.id, w.place, i.source, i.received_at, i.body_sha256, i.attempts, i.id IS NOT NULL AS known, i.body,
                   sum(octet_length(i.body)) OVER (ORDER BY w.place) AS bytes
              FROM unnest(ids) WITH ORDINALITY AS w(id, place)
              LEFT JOIN rolecall.inbox AS i ON i.id = w.id) AS p
     WHERE p.place = 1 OR coalesce(p.bytes <= most_bytes, true));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.kept_deliveries(text[], bigint) IS
  'Internal. Rows of the inbox as they are read once more, in the order of their ids: as many of the first ones as have so many bytes together, and one in any case. Null: all of them.';
--> statement-breakpoint
CREATE FUNCTION rolecall.lease_retries(request jsonb) RETURNS json
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  due text[];
BEGIN
  due := ARRAY(
    SELECT i.id FROM rolecall.inbox AS i
     WHERE i.outcome = 'failed' AND i.reason = 'refused_by_database'
       AND (i.retry_at <= clock_timestamp()
            OR i.retry_at IS NULL AND i.committed_at <= clock_timestamp() - interval '1 second')
     ORDER BY i.retry_at LIMIT (request->>'most')::integer FOR UPDATE SKIP LOCKED);
  IF cardinality(due) = 0 THEN
    RETURN '[]';
  END IF;
  PERFORM rolecall.remember_first_attempts(due);
  UPDATE rolecall.inbox AS i
     SET attempts = i.attempts + 1,
         retry_at = clock_timestamp() + make_interval(secs => (request->>'leaseMs')::double precision / 1000)
   WHERE i.id = ANY (due);
  RETURN rolecall.kept_deliveries(
    ARRAY(SELECT i.id FROM rolecall.inbox AS i WHERE i.id = ANY (due) ORDER BY i.received_at, i.id), NULL);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.lease_retries(jsonb) IS
  'Internal. {most, leaseMs}: failed deliveries that could be decided on another time and are due. Attempts are counted before they start; whoever dies of one leaves it due again when the lease is over.';
--> statement-breakpoint
CREATE FUNCTION rolecall.remember_first_attempts(deliveries text[]) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO rolecall.attempts (delivery_id, attempt, cause, outcome, reason, at)
  SELECT i.id, 1, 'delivery', i.outcome, i.reason, i.committed_at
    FROM rolecall.inbox AS i WHERE i.id = ANY (deliveries) AND i.attempts = 1
  ON CONFLICT DO NOTHING
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.remember_first_attempts(text[]) IS
  'Internal. Writes down how deliveries were decided on first, before they are decided on again.';
--> statement-breakpoint
CREATE FUNCTION rolecall.commit_repeated(batch jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  results jsonb := batch->'results';
  replay bigint := (batch#>>'{replay,id}')::bigint;
  dry boolean := false;
  before integer;
  committed jsonb := '{"revision": null, "owed": 0}';
BEGIN
  IF replay IS NOT NULL THEN
    SELECT r.dry_run, r.done INTO dry, before FROM rolecall.replays AS r
     WHERE r.id = replay AND r.status = 'running' AND r.lease_token = (batch#>>'{replay,token}')::uuid FOR UPDATE;
    IF NOT FOUND THEN
      RETURN NULL;
    END IF;
  END IF;
  IF dry AND jsonb_typeof(batch->'decision') = 'object' THEN
    -- Done as it would be, so that what the database refuses is told too, and taken back with every lock it took.
    BEGIN
      PERFORM rolecall.apply_decision(batch->'decision');
      RAISE EXCEPTION 'rolecall: a dry run' USING ERRCODE = 'RCL02';
    EXCEPTION WHEN SQLSTATE 'RCL02' THEN
      NULL;
    END;
  END IF;
  IF NOT dry THEN
    PERFORM FROM rolecall.inbox AS i
      WHERE i.id IN (SELECT w->>'delivery' FROM jsonb_array_elements(results) AS w) ORDER BY i.id FOR UPDATE;
    IF jsonb_typeof(batch->'decision') = 'object' THEN
      committed := rolecall.apply_decision(batch->'decision');
    END IF;
    PERFORM rolecall.remember_first_attempts(ARRAY(
      SELECT w->>'delivery' FROM jsonb_array_elements(results) AS w WHERE (w->>'attempted')::boolean));
    -- What was taken before stays said of it; what failed or waited is what it is now.
    WITH told AS (
      UPDATE rolecall.inbox AS i
         SET attempts = i.attempts + CASE WHEN replay IS NULL THEN 0 ELSE 1 END,
             outcome = CASE WHEN i.outcome IN ('failed', 'held') THEN w.outcome ELSE i.outcome END,
             reason = CASE WHEN i.outcome IN ('failed', 'held') THEN w.reason ELSE i.reason END,
             retry_at = CASE WHEN w."retryInMs" IS NOT NULL
                             THEN clock_timestamp() + make_interval(secs => w."retryInMs" / 1000)
                             WHEN w.dead THEN 'infinity' END
        FROM jsonb_to_recordset(results) AS w(
               delivery text, outcome text, reason text, attempted boolean, dead boolean, "retryInMs" double precision)
       WHERE i.id = w.delivery AND w.attempted
      RETURNING i.id, i.attempts, w.outcome, w.reason
    )
    INSERT INTO rolecall.attempts (delivery_id, attempt, cause, replay_id, outcome, reason)
    SELECT t.id, t.attempts, CASE WHEN replay IS NULL THEN 'retry' ELSE 'replay' END, replay, t.outcome, t.reason
      FROM told AS t
    ON CONFLICT DO NOTHING;
  END IF;
  IF replay IS NOT NULL THEN
    INSERT INTO rolecall.replayed (replay_id, position, delivery_id, outcome, reason, differences, owed)
    SELECT replay, before + w.place, w.one->>'delivery', w.one->>'outcome', w.one->>'reason', w.one->'differences',
           (w.one->>'owed')::integer
      FROM jsonb_array_elements(results) WITH ORDINALITY AS w(one, place);
    UPDATE rolecall.replays AS r
       SET done = r.done + jsonb_array_length(results), begun = 0,
           outcomes = r.outcomes || (
             SELECT jsonb_object_agg(o.outcome, o.many + coalesce((r.outcomes->>o.outcome)::integer, 0))
               FROM (SELECT w->>'outcome' AS outcome, count(*) AS many FROM jsonb_array_elements(results) AS w GROUP BY 1) AS o),
           after_received_at = rolecall.from_microseconds((batch#>>'{after,receivedAt}')::bigint),
           after_id = batch#>>'{after,id}'
     WHERE r.id = replay;
  END IF;
  RETURN committed;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.commit_repeated(jsonb) IS
  'Internal. What became of deliveries that were decided on again, with the decision, whole or not at all: {results, decision, replay: {id, token} or null for a retry, after}. Of a dry run the decision is taken back and only the results are kept. Null when the replay was cancelled or is carried out by somebody else.';
--> statement-breakpoint
CREATE FUNCTION rolecall.release_replay(lease jsonb) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE rolecall.replays AS r SET lease_token = NULL, leased_until = clock_timestamp()
   WHERE r.id = (lease->>'id')::bigint AND r.lease_token = (lease->>'token')::uuid
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.release_replay(jsonb) IS 'Internal. Ends the lease {id, token} after its page.';
--> statement-breakpoint
CREATE FUNCTION rolecall.cancel_replay(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE rolecall.replays AS r
     SET status = 'cancelled', ended_at = clock_timestamp(), cancelled_by = wanted->>'by', lease_token = NULL
   WHERE r.id = (wanted->>'id')::bigint AND r.status = 'running';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO rolecall.operator_actions (operator, action, subject)
  VALUES (wanted->>'by', 'cancel_replay', wanted->>'id');
  RETURN true;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.cancel_replay(jsonb) IS
  'Internal. {id, by}: ends a running replay before its next commit; what was done stays done. False when it does not run.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_replays(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', r.id, 'status', r.status, 'dryRun', r.dry_run,
             'selection', CASE WHEN wanted ? 'id' THEN r.selection END, 'total', r.total, 'done', r.done,
             'outcomes', r.outcomes, 'by', r.asked_by, 'reason', r.reason, 'askedAt', rolecall.instant(r.asked_at),
             'endedAt', rolecall.instant(r.ended_at), 'cancelledBy', r.cancelled_by) ORDER BY r.id DESC), '[]')
      FROM (SELECT * FROM rolecall.replays AS p
             WHERE p.id = coalesce((wanted->>'id')::bigint, p.id)
               AND (wanted->>'before' IS NULL OR p.id < (wanted->>'before')::bigint)
             ORDER BY p.id DESC LIMIT (wanted->>'limit')::integer) AS r);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_replays(jsonb) IS 'Internal. At most {limit} replays, the latest first, before {before}, or the one with {id}.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_replayed(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'position', r.position, 'delivery', r.delivery_id, 'outcome', r.outcome, 'reason', r.reason,
             'differences', r.differences, 'owed', r.owed) ORDER BY r.position), '[]')
      FROM (SELECT * FROM rolecall.replayed AS d
             WHERE d.replay_id = (wanted->>'id')::bigint AND d.position > (wanted->>'after')::integer
             ORDER BY d.position LIMIT (wanted->>'limit')::integer) AS r);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_replayed(jsonb) IS
  'Internal. What became of the deliveries of the replay {id}, at most {limit} after the position {after}.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_access_of(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'organizationId', a.organization_id, 'userId', a.user_id, 'permissions', a.permissions)), '[]')
      FROM (SELECT * FROM rolecall.access AS u WHERE u.user_id = ANY (rolecall.texts(wanted->'users'))
            UNION
            SELECT * FROM rolecall.access AS o WHERE o.organization_id = ANY (rolecall.texts(wanted->'organizations'))
            LIMIT 500) AS a);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_access_of(jsonb) IS
  'Internal. What the {users}, and the members of the {organizations}, hold now; 500 of them at most.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['replays', 'replayed'] LOOP
    EXECUTE format('ALTER TABLE rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('ALTER TABLE rolecall.%s ENABLE ROW LEVEL SECURITY', made);
    EXECUTE format('CREATE POLICY service ON rolecall.%s TO rolecall_service USING (true) WITH CHECK (true)', made);
  END LOOP;
  FOREACH made IN ARRAY ARRAY[
    'start_replay(jsonb)', 'lease_replay(jsonb)', 'kept_deliveries(text[], bigint)', 'lease_retries(jsonb)',
    'remember_first_attempts(text[])', 'commit_repeated(jsonb)', 'release_replay(jsonb)', 'cancel_replay(jsonb)',
    'read_replays(jsonb)', 'read_replayed(jsonb)', 'read_access_of(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON rolecall.replays TO rolecall_service;
--> statement-breakpoint
GRANT SELECT, INSERT ON rolecall.replayed TO rolecall_service;
