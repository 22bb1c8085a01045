CREATE TABLE "rolecall"."minutes" (
	"place" smallint NOT NULL,
	"slot" smallint NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"received" integer NOT NULL,
	"failed" integer NOT NULL,
	"removed" integer NOT NULL,
	"refused" integer[] NOT NULL,
	CONSTRAINT "minutes_place_slot_pk" PRIMARY KEY("place","slot")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."tallies" (
	"name" text NOT NULL,
	"first" text NOT NULL,
	"second" text NOT NULL,
	"slot" smallint NOT NULL,
	"value" bigint NOT NULL,
	CONSTRAINT "tallies_name_first_second_slot_pk" PRIMARY KEY("name","first","second","slot")
);
--> statement-breakpoint
CREATE INDEX "effects_oldest" ON "rolecall"."effects" USING btree ("kind","owed_at") WHERE "rolecall"."effects"."status" = 'owed';--> statement-breakpoint
CREATE INDEX "effects_settled" ON "rolecall"."effects" USING btree ("settled_at") WHERE "rolecall"."effects"."settled_at" is not null;
--> statement-breakpoint
-- The one screen: how this installation is doing. What is counted is counted in the commit that does it; what is owed,
-- dead or waiting is read where it stands, never further than to a cap.
-- Rows that are written again and again: room for their next version on the same page.
ALTER TABLE rolecall.tallies SET (fillfactor = 50);
--> statement-breakpoint
ALTER TABLE rolecall.minutes SET (fillfactor = 50);
--> statement-breakpoint
CREATE FUNCTION rolecall.latency_bounds() RETURNS integer[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  RETURN ARRAY[1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000,
               10000, 15000, 30000, 60000, 300000, 1800000, 3600000];
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.latency_bounds() IS
  'Internal. Milliseconds up to which a latency counts into each bucket; one more is for what took longer.';
--> statement-breakpoint
CREATE FUNCTION rolecall.tally(counted jsonb) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO rolecall.tallies AS t (name, first, second, slot, value)
  SELECT c.name, coalesce(c.first, ''), coalesce(c.second, ''), pg_backend_pid() % 8, sum(c.value)
    FROM jsonb_to_recordset(counted) AS c(name text, first text, second text, value bigint)
   GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (name, first, second, slot) DO UPDATE SET value = t.value + excluded.value
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.tally(jsonb) IS
  'Internal. Adds [{name, first, second, value}] to what was counted. The last locks of a transaction: whoever waits for one waits for nothing else.';
--> statement-breakpoint
CREATE VIEW rolecall.losses WITH (security_invoker = true) AS
  -- A session that ended or a new password ends tokens and takes nothing away; nor is known what somebody lost who is cut
  -- off at first sight.
  SELECT c.revision, c.kind, c.recorded_at,
         CASE WHEN c.cause LIKE 'lookup%' THEN 'lookup' ELSE split_part(c.cause, ':', 1) END AS cause
    FROM rolecall.changes AS c
   WHERE c.cutoff_of IS NOT NULL AND c.kind NOT IN ('session_ended', 'password_changed', 'cut_off');
--> statement-breakpoint
COMMENT ON VIEW rolecall.losses IS
  'Internal. Changes by which somebody lost access: one row a change, however many it reaches.';
--> statement-breakpoint
CREATE FUNCTION rolecall.added(here integer[], more integer[]) RETURNS integer[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  RETURN ARRAY(SELECT coalesce(b.here, 0) + coalesce(b.more, 0)
                 FROM unnest(here, more) WITH ORDINALITY AS b(here, more, bucket) ORDER BY b.bucket);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.added(integer[], integer[]) IS 'Internal. Two rows of figures, added up place by place.';
--> statement-breakpoint
CREATE FUNCTION rolecall.tally_commit(taken jsonb, losing bigint, last_revision bigint) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  bounds bigint[];
  waits bigint[] := '{}';
  wait bigint;
  refused integer[] := '{}';
  lost bigint := 0;
  this_minute timestamptz := date_trunc('minute', clock_timestamp());
BEGIN
  IF losing > 0 THEN
    -- Scalar: a join may be planned as a hash of the whole inbox.
    waits := ARRAY(
      SELECT w.ms FROM (
        SELECT greatest(0, ceil(extract(epoch FROM clock_timestamp()
                 - (SELECT i.received_at FROM rolecall.inbox AS i WHERE i.id = r.delivery_id)) * 1000)) AS ms
          FROM (SELECT DISTINCT c.delivery_id FROM rolecall.changes AS c
                 WHERE c.revision > last_revision - losing AND c.revision <= last_revision
                   AND c.cutoff_of IS NOT NULL AND c.delivery_id IS NOT NULL) AS r) AS w
       WHERE w.ms IS NOT NULL);
    lost := (SELECT count(*) FROM rolecall.losses AS l
              WHERE l.revision > last_revision - losing AND l.revision <= last_revision);
  END IF;
  IF taken IS NULL AND lost = 0 AND cardinality(waits) = 0 THEN
    RETURN;
  END IF;
  IF cardinality(waits) > 0 THEN
    bounds := rolecall.latency_bounds();
    refused := array_fill(0, ARRAY[cardinality(bounds) + 1]);
    FOREACH wait IN ARRAY waits LOOP
      -- Whole milliseconds: those up to a bound are below the next one.
      refused[width_bucket(wait - 1, bounds) + 1] := refused[width_bucket(wait - 1, bounds) + 1] + 1;
    END LOOP;
  END IF;
  -- Both in the order of their names: see rolecall.tally.
  IF taken IS NOT NULL THEN
    INSERT INTO rolecall.tallies AS t (name, first, second, slot, value)
    -- Types are named by whoever signs: only those that are known become part of a figure.
    SELECT 'deliveries', CASE WHEN d.type ~ '^(organizationMembership|organization|user|session|role|permission|organizationInvitation)\.(created|updated|deleted|pending|ended|removed|revoked|accepted)$'
                              THEN d.type ELSE 'other' END, d.outcome, pg_backend_pid() % 8, sum(d.count)
      FROM jsonb_to_recordset(taken) AS d(type text, outcome text, count integer)
     GROUP BY 2, 3 ORDER BY 2, 3
    ON CONFLICT (name, first, second, slot) DO UPDATE SET value = t.value + excluded.value;
  END IF;
  IF losing > 0 THEN
    INSERT INTO rolecall.tallies AS t (name, first, second, slot, value)
    SELECT c.name, c.first, c.second, pg_backend_pid() % 8, sum(c.value)
      FROM (
        SELECT 'losses' AS name, l.kind AS first, l.cause AS second, 1 AS value
          FROM rolecall.losses AS l WHERE l.revision > last_revision - losing AND l.revision <= last_revision
        UNION ALL
        SELECT 'refused', width_bucket(w - 1, bounds)::text, '', 1 FROM unnest(waits) AS w
        UNION ALL
        SELECT 'refused_ms', '', '', w FROM unnest(waits) AS w) AS c
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (name, first, second, slot) DO UPDATE SET value = t.value + excluded.value;
  END IF;
  INSERT INTO rolecall.minutes AS m (place, slot, minute, received, failed, removed, refused)
  SELECT (extract(epoch FROM this_minute) / 60)::bigint % 1500, pg_backend_pid() % 8, this_minute,
         coalesce(sum(d.count), 0), coalesce(sum(d.count) FILTER (WHERE d.outcome = 'failed'), 0), lost, refused
    FROM jsonb_to_recordset(coalesce(taken, '[]')) AS d(outcome text, count integer)
  ON CONFLICT (place, slot) DO UPDATE SET
    minute = excluded.minute,
    received = excluded.received + CASE WHEN m.minute = excluded.minute THEN m.received ELSE 0 END,
    failed = excluded.failed + CASE WHEN m.minute = excluded.minute THEN m.failed ELSE 0 END,
    removed = excluded.removed + CASE WHEN m.minute = excluded.minute THEN m.removed ELSE 0 END,
    refused = CASE
      WHEN m.minute <> excluded.minute OR m.refused = '{}' THEN excluded.refused
      WHEN excluded.refused = '{}' THEN m.refused
      ELSE rolecall.added(m.refused, excluded.refused) END;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.tally_commit(jsonb, bigint, bigint) IS
  'Internal. Counts what a commit has taken and moved: its deliveries as [{type, outcome, count}], losses among the last so many changes up to a revision, and how long it took from received to refused.';
--> statement-breakpoint
CREATE FUNCTION rolecall.tally_attempt(kind text, settlement jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  calls bigint := (settlement->>'calls')::bigint;
  problem text := coalesce(settlement->>'error', 'unknown');
  -- What the provider answered with, or did not: at most the last call of an attempt failed.
  failed boolean := settlement->>'result' <> 'done' AND calls > 0
    AND problem IN ('rate_limited', 'timeout', 'unreachable', 'server_error', 'unauthorized', 'unexpected');
BEGIN
  PERFORM rolecall.tally(
    jsonb_build_array(jsonb_build_object('name', 'attempts', 'first', kind, 'value', 1, 'second',
      CASE WHEN settlement->>'result' IN ('done', 'dead') THEN settlement->>'result' ELSE problem END))
    || CASE WHEN calls > failed::integer THEN jsonb_build_array(jsonb_build_object(
         'name', 'calls', 'first', 'answered', 'value', calls - failed::integer)) ELSE '[]' END
    || CASE WHEN failed THEN jsonb_build_array(jsonb_build_object(
         'name', 'calls', 'first', problem, 'value', 1)) ELSE '[]' END);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.tally_attempt(text, jsonb) IS
  'Internal. Counts an attempt at an effect of the kind by its settlement {result, error, calls}, and the calls of the provider that it made.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_status(nothing jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  clock timestamptz := clock_timestamp();
  this_minute timestamptz := date_trunc('minute', clock);
  head bigint := (SELECT c.revision FROM rolecall.counter AS c WHERE c.only);
  -- A first import moves millions within minutes: the latest are enough to see by.
  recent bigint := greatest(head - 20000, coalesce((
    SELECT c.revision FROM rolecall.changes AS c WHERE c.recorded_at < clock - interval '15 minutes'
     ORDER BY c.recorded_at DESC, c.revision DESC LIMIT 1), 0));
  owed jsonb;
  dead jsonb;
  errors jsonb;
  last_hour bigint;
  refused jsonb;
BEGIN
  SELECT coalesce(jsonb_agg(jsonb_build_object('kind', o.kind, 'lane', o.lane, 'count', o.many)), '[]') INTO owed
    FROM (SELECT e.kind, (ARRAY['removal', 'lookup', 'reduction', 'bulk'])[l.lane + 1] AS lane, count(*) AS many
            FROM generate_series(0, 3) AS l(lane), LATERAL (
                 SELECT w.kind FROM rolecall.effects AS w WHERE w.status = 'owed' AND w.lane = l.lane
                  ORDER BY w.due_at LIMIT 10000) AS e
           GROUP BY 1, 2) AS o;
  SELECT coalesce(jsonb_agg(jsonb_build_object('kind', d.kind, 'count', d.many, 'since', d.since)), '[]') INTO dead
    FROM (SELECT e.kind, count(*) AS many, rolecall.instant(min(e.settled_at)) AS since
            FROM (SELECT w.kind, w.settled_at FROM rolecall.effects AS w WHERE w.status = 'dead'
                   ORDER BY w.id DESC LIMIT 10000) AS e GROUP BY 1) AS d;
  -- How what is next in each lane failed the last time.
  SELECT coalesce(jsonb_agg(jsonb_build_object('error', f.last_error, 'count', f.many, 'since', f.since)), '[]') INTO errors
    FROM (SELECT e.last_error, count(*) AS many, rolecall.instant(min(e.owed_at)) AS since
            FROM generate_series(0, 3) AS l(lane), LATERAL (
                 SELECT w.last_error, w.owed_at FROM rolecall.effects AS w WHERE w.status = 'owed' AND w.lane = l.lane
                  ORDER BY w.due_at LIMIT 1000) AS e
           WHERE e.last_error IS NOT NULL GROUP BY 1) AS f;
  WITH hour AS (
    SELECT m.received, m.refused
      FROM generate_series(0, 59) AS g(ago), rolecall.minutes AS m
     WHERE m.place = (extract(epoch FROM this_minute) / 60)::bigint % 1500 - g.ago
                     + CASE WHEN (extract(epoch FROM this_minute) / 60)::bigint % 1500 < g.ago THEN 1500 ELSE 0 END
       AND m.minute = this_minute - g.ago * interval '1 minute'
  )
  SELECT coalesce((SELECT sum(h.received) FROM hour AS h), 0),
         (SELECT coalesce(jsonb_agg(b.many ORDER BY b.bucket), '[]')
            FROM (SELECT u.bucket, sum(u.many) AS many
                    FROM hour AS h, unnest(h.refused) WITH ORDINALITY AS u(many, bucket) GROUP BY 1) AS b)
    INTO last_hour, refused;
  RETURN jsonb_build_object(
    'at', floor(extract(epoch FROM clock) * 1000),
    'owed', owed,
    'oldestOwed', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('kind', k.kind, 'at', rolecall.instant(k.at))), '[]')
        FROM (SELECT n.kind, (SELECT e.owed_at FROM rolecall.effects AS e WHERE e.status = 'owed' AND e.kind = n.kind
                               ORDER BY e.owed_at LIMIT 1) AS at
                FROM unnest(ARRAY['revoke_sessions', 'revoke_holders', 'lookup_member', 'lookup_user', 'lookup_organization',
                                  'lookup_roles', 'check_constraints']) AS n(kind)) AS k
       WHERE k.at IS NOT NULL),
    'dead', dead,
    'errors', errors,
    'deliveries', jsonb_build_object(
      'lastReceivedAt', (SELECT rolecall.instant(i.received_at) FROM rolecall.inbox AS i
                          ORDER BY i.received_at DESC, i.id DESC LIMIT 1),
      'lastHour', last_hour,
      'failed', (SELECT count(*) FROM (
                   SELECT FROM rolecall.inbox AS i WHERE i.outcome = 'failed' AND i.received_at > clock - interval '1 day'
                    ORDER BY i.received_at DESC, i.id DESC LIMIT 10000) AS c),
      'held', (SELECT count(*) FROM (
                 SELECT FROM rolecall.inbox AS i WHERE i.outcome = 'held' AND i.received_at > clock - interval '1 day'
                  ORDER BY i.received_at DESC, i.id DESC LIMIT 10000) AS c),
      'dead', (SELECT count(*) FROM (
                 SELECT FROM rolecall.inbox AS i
                  WHERE i.outcome = 'failed' AND i.reason = 'refused_by_database' AND i.retry_at = 'infinity'
                  ORDER BY i.retry_at LIMIT 10000) AS c)),
    'reconciliation', (
      SELECT jsonb_build_object('id', r.id, 'cause', r.cause, 'status', r.status, 'drift', r.drift,
                                'endedAt', rolecall.instant(r.ended_at))
        FROM rolecall.reconciliations AS r
       WHERE r.ended_at IS NOT NULL AND r.status IN ('done', 'failed') AND r.organization_id = '' AND NOT r.dry_run
       ORDER BY r.ended_at DESC LIMIT 1),
    'reconciling', (SELECT min(r.id) FROM rolecall.reconciliations AS r WHERE r.status = 'running'),
    'losses', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('kind', l.kind, 'cause', l.cause, 'count', l.many, 'latestAt', l.latest)
                                ORDER BY l.many DESC, l.kind, l.cause), '[]')
        FROM (SELECT b.kind, b.cause, count(*) AS many, rolecall.instant(max(b.recorded_at)) AS latest
                FROM rolecall.losses AS b WHERE b.revision > recent AND b.revision <= head GROUP BY 1, 2) AS l),
    'holds', (SELECT count(*) FROM (SELECT FROM rolecall.holds AS h WHERE h.status = 'waiting' LIMIT 10000) AS c),
    'oldestHoldAt', (SELECT rolecall.instant(h.raised_at) FROM rolecall.holds AS h WHERE h.status = 'waiting'
                      ORDER BY h.raised_at LIMIT 1),
    'findings', (SELECT count(*) FROM (SELECT FROM rolecall.findings AS f WHERE f.ended_at IS NULL LIMIT 10000) AS c)
      + (SELECT count(*) FROM (SELECT FROM rolecall.memberships AS m WHERE m.flaws <> '{}' AND m.deleted_at IS NULL
                                LIMIT 10000) AS c)
      + (SELECT count(*) FROM (SELECT FROM rolecall.organizations AS o WHERE o.flaws <> '{}' AND o.deleted_at IS NULL
                                LIMIT 10000) AS c),
    'refused', jsonb_build_object('bounds', to_jsonb(rolecall.latency_bounds()), 'counts', refused),
    'versions', jsonb_build_object(
      'schema', (rolecall.read_readiness('{}')->>'schemaVersion')::integer,
      'policy', (SELECT a.version FROM rolecall.active_policy AS a WHERE a.only),
      'revision', head,
      'epoch', (SELECT i.epoch FROM rolecall.instance AS i WHERE i.only)),
    'instance', (SELECT i.provider_instance FROM rolecall.instance AS i WHERE i.only),
    'budget', (SELECT jsonb_build_object('tokens', b.tokens,
                 'refilledAt', floor(extract(epoch FROM b.refilled_at) * 1000),
                 'pausedUntil', CASE WHEN b.paused_until > clock THEN rolecall.instant(b.paused_until) END)
                 FROM rolecall.provider_budget AS b WHERE b.only),
    'operations', (SELECT jsonb_build_object('mode', o.mode, 'aliveAt', rolecall.instant(o.alive_at),
                     'restoringSince', rolecall.instant(o.restoring_since),
                     'effectsPaused', CASE WHEN o.effects_paused_at IS NOT NULL THEN jsonb_build_object(
                       'at', rolecall.instant(o.effects_paused_at), 'by', o.effects_paused_by,
                       'reason', o.effects_paused_reason) END)
                     FROM rolecall.operations AS o WHERE o.only),
    'operatorActions', coalesce((SELECT max(a.id) FROM rolecall.operator_actions AS a), 0));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_status(jsonb) IS
  'Internal. How this installation is doing, as facts to be judged. Counts end at 10000.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_tallies(nothing jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN jsonb_build_object(
    'bounds', to_jsonb(rolecall.latency_bounds()),
    'tallies', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'first', s.first, 'second', s.second, 'value', s.value)
                                ORDER BY s.name, s.first, s.second), '[]')
        FROM (SELECT t.name, t.first, t.second, sum(t.value) AS value FROM rolecall.tallies AS t GROUP BY 1, 2, 3) AS s));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_tallies(jsonb) IS 'Internal. What was counted since the schema was made.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_activity(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
AS $$
DECLARE
  span integer := (wanted->>'minutes')::integer;
  -- In minutes: 120 points at most.
  step integer := ceil(span / 120.0);
  points integer := ceil(span::numeric / step);
  begin_at timestamptz := date_trunc('minute', clock_timestamp()) - (points * step - 1) * interval '1 minute';
  told jsonb;
BEGIN
  WITH counted AS (
    SELECT p.point, m.received, m.failed, m.removed, m.refused
      FROM generate_series(0, points - 1) AS p(point), generate_series(0, step - 1) AS g(further),
           LATERAL (SELECT begin_at + (p.point * step + g.further) * interval '1 minute' AS minute) AS w,
           rolecall.minutes AS m
     WHERE m.place = (extract(epoch FROM w.minute) / 60)::bigint % 1500 AND m.minute = w.minute
  ), sums AS (
    SELECT c.point, sum(c.received) AS received, sum(c.failed) AS failed, sum(c.removed) AS removed
      FROM counted AS c GROUP BY 1
  ), latencies AS (
    SELECT b.point, jsonb_agg(b.many ORDER BY b.bucket) AS refused
      FROM (SELECT c.point, u.bucket, sum(u.many) AS many
              FROM counted AS c, unnest(c.refused) WITH ORDINALITY AS u(many, bucket) GROUP BY 1, 2) AS b
     GROUP BY 1
  ), waited AS (
    (SELECT e.owed_at, NULL::timestamptz AS settled_at FROM rolecall.effects AS e WHERE e.status = 'owed' LIMIT 100000)
    UNION ALL
    (SELECT e.owed_at, e.settled_at FROM rolecall.effects AS e WHERE e.settled_at >= begin_at
      ORDER BY e.settled_at DESC LIMIT 100000)
  ), moved AS MATERIALIZED (
    SELECT d.point, sum(d.more) AS more
      FROM waited AS w, LATERAL (VALUES (w.owed_at, 1), (w.settled_at, -1)) AS s(at, more),
           LATERAL (SELECT greatest(0, floor(extract(epoch FROM s.at - begin_at) / (60 * step)))::integer AS point, s.more) AS d
     WHERE s.at IS NOT NULL GROUP BY 1
  )
  SELECT jsonb_agg(jsonb_build_object(
           'at', rolecall.instant(begin_at + p.point * step * interval '1 minute'),
           'received', coalesce(s.received, 0), 'failed', coalesce(s.failed, 0), 'removed', coalesce(s.removed, 0),
           'backlog', (SELECT coalesce(sum(m.more), 0) FROM moved AS m WHERE m.point <= p.point),
           'refused', coalesce(l.refused, '[]')) ORDER BY p.point)
    INTO told
    FROM generate_series(0, points - 1) AS p(point)
    LEFT JOIN sums AS s USING (point)
    LEFT JOIN latencies AS l USING (point);
  RETURN jsonb_build_object('stepSeconds', step * 60, 'bounds', to_jsonb(rolecall.latency_bounds()), 'points', told);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_activity(jsonb) IS
  'Internal. The last {minutes} in at most 120 steps: what arrived, failed and was lost, what was owed at the end of each, and how long it took from received to refused. The backlog is exact as far as 100,000 effects are owed or were settled.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['tallies', 'minutes'] LOOP
    EXECUTE format('ALTER TABLE rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('ALTER TABLE rolecall.%s ENABLE ROW LEVEL SECURITY', made);
    EXECUTE format('CREATE POLICY service ON rolecall.%s TO rolecall_service USING (true) WITH CHECK (true)', made);
  END LOOP;
  ALTER VIEW rolecall.losses OWNER TO rolecall_views;
  GRANT SELECT ON rolecall.losses TO rolecall_service;
  FOREACH made IN ARRAY ARRAY[
    'latency_bounds()', 'tally(jsonb)', 'added(integer[], integer[])', 'tally_commit(jsonb, bigint, bigint)',
    'tally_attempt(text, jsonb)', 'read_status(jsonb)', 'read_tallies(jsonb)', 'read_activity(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON rolecall.tallies, rolecall.minutes TO rolecall_service;
