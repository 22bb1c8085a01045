CREATE TABLE "rolecall"."attempts" (
	"delivery_id" text NOT NULL,
	"attempt" integer NOT NULL,
	"cause" text NOT NULL,
	"replay_id" bigint,
	"outcome" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "attempts_delivery_id_attempt_pk" PRIMARY KEY("delivery_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "rolecall"."operator_actions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rolecall"."operator_actions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"operator" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
DROP INDEX "rolecall"."inbox_received_at";--> statement-breakpoint
DROP INDEX "rolecall"."inbox_unfinished";--> statement-breakpoint
ALTER TABLE "rolecall"."inbox" ADD COLUMN "retry_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "operator_actions_at" ON "rolecall"."operator_actions" USING btree ("at");--> statement-breakpoint
CREATE INDEX "effects_status" ON "rolecall"."effects" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "inbox_received" ON "rolecall"."inbox" USING btree ("received_at","id");--> statement-breakpoint
CREATE INDEX "inbox_outcome_received" ON "rolecall"."inbox" USING btree ("outcome","received_at","id");--> statement-breakpoint
CREATE INDEX "inbox_type_received" ON "rolecall"."inbox" USING btree ("type","received_at","id");--> statement-breakpoint
CREATE INDEX "inbox_organization_received" ON "rolecall"."inbox" USING btree ("organization_id","received_at","id") WHERE "rolecall"."inbox"."organization_id" is not null;--> statement-breakpoint
CREATE INDEX "inbox_user_received" ON "rolecall"."inbox" USING btree ("user_id","received_at","id") WHERE "rolecall"."inbox"."user_id" is not null;--> statement-breakpoint
CREATE INDEX "inbox_retry" ON "rolecall"."inbox" USING btree ("retry_at") WHERE "rolecall"."inbox"."outcome" = 'failed' and "rolecall"."inbox"."reason" = 'refused_by_database';--> statement-breakpoint
-- What operators see and repair. Conditions are written into the statement one by one, so that each list is read from
-- the index that fits its filter, and from nothing else.
CREATE FUNCTION rolecall.instant(moment timestamptz) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN isfinite(moment) THEN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.instant(timestamptz) IS 'Internal. ISO 8601 in UTC with milliseconds; null for what never comes.';
--> statement-breakpoint
CREATE FUNCTION rolecall.from_microseconds(moment bigint) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN timestamptz 'epoch' + moment * interval '1 microsecond';
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.from_microseconds(bigint) IS 'Internal. The moment so many microseconds after the epoch, exactly.';
--> statement-breakpoint
CREATE FUNCTION rolecall.delivery_conditions(wanted jsonb) RETURNS text
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN concat_ws(' AND ', 'true',
    CASE wanted->>'status'
      WHEN 'dead' THEN
        'i.outcome = ''failed'' AND i.reason = ''refused_by_database'' AND i.retry_at = ''infinity'''
      ELSE 'i.outcome = ' || quote_literal(wanted->>'status') END,
    'i.type = ' || quote_literal(wanted->>'type'),
    'i.organization_id = ' || quote_literal(wanted->>'organizationId'),
    'i.user_id = ' || quote_literal(wanted->>'userId'),
    'i.received_at >= ' || quote_literal(rolecall.from_microseconds((wanted->>'from')::bigint * 1000)),
    'i.received_at < ' || quote_literal(rolecall.from_microseconds((wanted->>'to')::bigint * 1000)),
    '(i.received_at, i.id) < (' || quote_literal(rolecall.from_microseconds((wanted#>>'{before,receivedAt}')::bigint))
      || ', ' || quote_literal(wanted#>>'{before,id}') || ')',
    '(i.received_at, i.id) > (' || quote_literal(rolecall.from_microseconds((wanted#>>'{after,receivedAt}')::bigint))
      || ', ' || quote_literal(wanted#>>'{after,id}') || ')');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.delivery_conditions(jsonb) IS
  'Internal. The filter {status, type, organizationId, userId, from, to, before, after} as conditions on rolecall.inbox AS i; what is null or left out is open.';
--> statement-breakpoint
CREATE FUNCTION rolecall.delivery_entry(i rolecall.inbox) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN jsonb_build_object(
    'id', i.id, 'source', i.source, 'type', i.type, 'organizationId', i.organization_id, 'userId', i.user_id,
    'outcome', i.outcome, 'reason', i.reason, 'attempts', i.attempts,
    'dead', i.outcome = 'failed' AND i.retry_at IS NOT NULL AND i.retry_at = 'infinity',
    'receivedAt', rolecall.instant(i.received_at), 'committedAt', rolecall.instant(i.committed_at),
    'retryAt', CASE WHEN i.outcome = 'failed' THEN rolecall.instant(i.retry_at) END, 'kept', i.body IS NOT NULL);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.delivery_entry(rolecall.inbox) IS 'Internal. A delivery as operators see it in a list.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_deliveries(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  -- In the order of an index: a list that is sorted would be read whole first.
  SET enable_sort = off
  SET enable_bitmapscan = off
  SET jit = off
AS $$
DECLARE
  most integer := (wanted->>'limit')::integer;
  listed jsonb;
BEGIN
  EXECUTE format(
    'SELECT jsonb_build_object(
       ''deliveries'', coalesce(jsonb_agg(rolecall.delivery_entry(d.i) ORDER BY d.place) FILTER (WHERE d.place <= $1), ''[]''),
       ''next'', jsonb_agg(jsonb_build_object(''receivedAt'', (extract(epoch FROM (d.i).received_at) * 1000000)::bigint, ''id'', (d.i).id))
                   FILTER (WHERE d.place = $1)->0,
       ''more'', count(*) > $1)
       FROM (SELECT l.i, row_number() OVER () AS place
               FROM (SELECT i FROM rolecall.inbox AS i WHERE %s ORDER BY i.received_at DESC, i.id DESC LIMIT $1 + 1) AS l) AS d',
    rolecall.delivery_conditions(wanted)) INTO listed USING most;
  RETURN CASE WHEN (listed->>'more')::boolean THEN listed ELSE listed || '{"next": null}' END;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_deliveries(jsonb) IS
  'Internal. At most {limit} deliveries of a filter, the latest first, before {before}; next is where the page ended, null on the last one.';
--> statement-breakpoint
CREATE FUNCTION rolecall.effect_entry(e rolecall.effects) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN jsonb_build_object(
    'id', e.id, 'kind', e.kind, 'lane', (ARRAY['removal', 'lookup', 'reduction', 'bulk'])[e.lane + 1],
    'organizationId', nullif(e.organization_id, ''), 'userId', nullif(e.user_id, ''), 'cause', e.loss->>'cause',
    'roles', (SELECT jsonb_agg(r.key ORDER BY r.key) FROM jsonb_object_keys(e.loss->'roles') AS r(key)),
    'cutoff', rolecall.instant(rolecall.from_microseconds(e.cutoff * 1000)), 'status', e.status, 'attempts', e.attempts,
    'lastError', e.last_error, 'tries', e.tries, 'deliveryId', e.delivery_id,
    'reconciliationId', e.reconciliation_id, 'owedAt', rolecall.instant(e.owed_at),
    'dueAt', rolecall.instant(e.due_at), 'settledAt', rolecall.instant(e.settled_at));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.effect_entry(rolecall.effects) IS 'Internal. An effect as operators see it.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_delivery(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT rolecall.delivery_entry(i) || jsonb_build_object(
      'sha256', encode(i.body_sha256, 'hex'), 'sentAt', rolecall.instant(rolecall.from_microseconds(i.at * 1000)),
      'body', translate(encode(i.body, 'base64'), E'\n', ''),
      'refusedAt', rolecall.instant(r.at),
      'receivedToCommittedMs', round(extract(epoch FROM i.committed_at - i.received_at) * 1000),
      'receivedToRefusedMs', round(extract(epoch FROM r.at - i.received_at) * 1000),
      'history', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'attempt', a.attempt, 'cause', a.cause, 'replay', a.replay_id, 'outcome', a.outcome,
                    'reason', a.reason, 'at', rolecall.instant(a.at)) ORDER BY a.attempt), '[]')
                    FROM (SELECT * FROM rolecall.attempts AS t WHERE t.delivery_id = i.id
                           ORDER BY t.attempt DESC LIMIT 100) AS a),
      'changes', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'revision', c.revision, 'kind', c.kind, 'organizationId', c.organization_id, 'userId', c.user_id,
                    'agentId', c.agent_id, 'role', c.role, 'permissions', c.permissions,
                    'cutoff', CASE WHEN c.cutoff_of IS NOT NULL THEN jsonb_build_object(
                      'of', c.cutoff_of, 'id', c.cutoff_id,
                      'at', rolecall.instant(rolecall.from_microseconds(c.cutoff_at * 1000))) END,
                    'cause', c.cause, 'at', rolecall.instant(rolecall.from_microseconds(c.at * 1000)),
                    'recordedAt', rolecall.instant(c.recorded_at)) ORDER BY c.revision), '[]')
                    FROM (SELECT * FROM rolecall.changes AS h WHERE h.delivery_id = i.id
                           ORDER BY h.revision LIMIT 200) AS c),
      'effects', (SELECT coalesce(jsonb_agg(rolecall.effect_entry(e.effect) ORDER BY (e.effect).id), '[]')
                    FROM (SELECT o AS effect FROM rolecall.effects AS o WHERE o.delivery_id = i.id
                           ORDER BY o.id DESC LIMIT 200) AS e))
      FROM rolecall.inbox AS i,
           LATERAL (SELECT min(c.recorded_at) AS at FROM rolecall.changes AS c
                     WHERE c.delivery_id = i.id AND c.cutoff_of IS NOT NULL) AS r
     WHERE i.id = wanted->>'id');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_delivery(jsonb) IS
  'Internal. The delivery {id} with its body, every time it was decided on, what moved by it and what it owes; null when there is none.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_effects(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_sort = off
  SET enable_bitmapscan = off
  SET jit = off
AS $$
DECLARE
  most integer := (wanted->>'limit')::integer;
  listed jsonb;
BEGIN
  EXECUTE format(
    'SELECT jsonb_build_object(
       ''effects'', coalesce(jsonb_agg(rolecall.effect_entry(d.e) ORDER BY d.place) FILTER (WHERE d.place <= $1), ''[]''),
       ''next'', CASE WHEN count(*) > $1 THEN min((d.e).id) FILTER (WHERE d.place <= $1) END)
       FROM (SELECT l.e, row_number() OVER () AS place
               FROM (SELECT e FROM rolecall.effects AS e WHERE %s ORDER BY e.id DESC LIMIT $1 + 1) AS l) AS d',
    concat_ws(' AND ', 'true', 'e.status = ' || quote_literal(wanted->>'status'),
              'e.id < ' || quote_literal((wanted->>'before')::bigint))) INTO listed USING most;
  RETURN listed;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_effects(jsonb) IS
  'Internal. At most {limit} effects in {status}, the latest first, before the one with the id {before}; next is the last one''s id, null on the last page.';
--> statement-breakpoint
CREATE FUNCTION rolecall.retry_effect(wanted jsonb) RETURNS text
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  held rolecall.effects%ROWTYPE;
  result text := 'owed';
BEGIN
  SELECT * INTO held FROM rolecall.effects AS e WHERE e.id = (wanted->>'id')::bigint FOR UPDATE;
  IF held.id IS NULL THEN
    RETURN NULL;
  END IF;
  IF held.status NOT IN ('owed', 'dead') THEN
    RETURN held.status;
  END IF;
  BEGIN
    -- One that is owed keeps its attempts: whoever presses again and again does not keep it from ending.
    UPDATE rolecall.effects AS e
       SET status = 'owed', due_at = clock_timestamp(), settled_at = NULL,
           attempts = CASE e.status WHEN 'dead' THEN 0 ELSE e.attempts END,
           progress = CASE e.status WHEN 'dead' THEN 0 ELSE e.progress END
     WHERE e.id = held.id;
  EXCEPTION WHEN unique_violation THEN
    -- More was owed for the same subject since: that one does it, as far as this one had to.
    PERFORM rolecall.owe_effects(jsonb_build_array(jsonb_build_object(
      'kind', held.kind, 'organizationId', held.organization_id, 'userId', held.user_id, 'lane', held.lane,
      'cutoff', held.cutoff, 'onlyWhenLast', held.only_when_last, 'delivery', held.delivery_id)), false);
    UPDATE rolecall.effects AS e SET status = 'done', last_error = 'joined' WHERE e.id = held.id;
    result := 'joined';
  END;
  INSERT INTO rolecall.operator_actions (operator, action, subject)
  VALUES (wanted->>'by', 'retry_effect', held.id::text);
  RETURN result;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.retry_effect(jsonb) IS
  'Internal. {id, by}: a dead effect is owed again, from its first attempt, or joins what is owed for the same subject; an owed one is due now. Null when there is none; the status of one that has nothing to retry.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  ALTER TABLE rolecall.attempts OWNER TO rolecall_owner;
  ALTER TABLE rolecall.operator_actions OWNER TO rolecall_owner;
  FOREACH made IN ARRAY ARRAY[
    'instant(timestamptz)', 'from_microseconds(bigint)', 'delivery_conditions(jsonb)', 'delivery_entry(rolecall.inbox)',
    'list_deliveries(jsonb)', 'effect_entry(rolecall.effects)', 'read_delivery(jsonb)', 'list_effects(jsonb)',
    'retry_effect(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
END
$$;
--> statement-breakpoint
-- Append-only, as the trail of changes is.
GRANT SELECT, INSERT ON rolecall.attempts, rolecall.operator_actions TO rolecall_service;
