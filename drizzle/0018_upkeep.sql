-- Modes, pauses, restores, and what is forgotten in time.
ALTER TABLE "rolecall"."operations" ADD COLUMN "pruned_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "inbox_kept" ON "rolecall"."inbox" USING btree ("received_at") WHERE "rolecall"."inbox"."body" is not null;--> statement-breakpoint
CREATE INDEX "invitations_addressed" ON "rolecall"."invitations" USING btree ("expires_at") WHERE "rolecall"."invitations"."email" is not null;--> statement-breakpoint
CREATE INDEX "attempts_at" ON "rolecall"."attempts" USING btree ("at");--> statement-breakpoint
CREATE INDEX "users_deleted" ON "rolecall"."users" USING btree ("deleted_at") WHERE "rolecall"."users"."deleted_at" is not null;
--> statement-breakpoint
CREATE FUNCTION rolecall.note_mode(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  before text;
BEGIN
  -- Most find what they have: no lock then.
  IF (SELECT o.mode FROM rolecall.operations AS o WHERE o.only) = wanted->>'mode' THEN
    RETURN true;
  END IF;
  SELECT o.mode INTO before FROM rolecall.operations AS o WHERE o.only FOR UPDATE;
  IF before = wanted->>'mode' THEN
    RETURN true;
  END IF;
  -- Two versions that run beside each other, each with a mode of its own, would fill the trail as often as one starts.
  IF (SELECT count(*) FROM rolecall.operator_actions AS a
       WHERE a.at > clock_timestamp() - interval '1 hour' AND a.action = 'mode') >= 10 THEN
    RETURN false;
  END IF;
  UPDATE rolecall.operations AS o SET mode = wanted->>'mode' WHERE o.only;
  INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
  VALUES ('configuration', 'mode', wanted->>'mode', coalesce('before: ' || before, ''));
  RETURN true;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.note_mode(jsonb) IS
  'Internal. A process runs in {mode}: a change is written down as an action, ten of them an hour at most. False when it was not, and is to be told again later.';
--> statement-breakpoint
CREATE FUNCTION rolecall.pause_effects(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE rolecall.operations AS o
     SET effects_paused_at = clock_timestamp(), effects_paused_by = wanted->>'by', effects_paused_reason = wanted->>'reason'
   WHERE o.only AND o.effects_paused_at IS NULL;
  IF FOUND THEN
    INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
    VALUES (wanted->>'by', 'pause_effects', 'revocations', wanted->>'reason');
  END IF;
  RETURN (SELECT jsonb_build_object('at', rolecall.instant(o.effects_paused_at), 'by', o.effects_paused_by,
                                    'reason', o.effects_paused_reason) FROM rolecall.operations AS o WHERE o.only);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.pause_effects(jsonb) IS
  'Internal. {by, reason}: no revocation is handed out by rolecall.lease_effects until rolecall.resume_effects. Who paused them, since when and why; the first one, where they were paused before.';
--> statement-breakpoint
CREATE FUNCTION rolecall.resume_effects(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE rolecall.operations AS o
     SET effects_paused_at = NULL, effects_paused_by = NULL, effects_paused_reason = NULL
   WHERE o.only AND o.effects_paused_at IS NOT NULL;
  IF FOUND THEN
    INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
    VALUES (wanted->>'by', 'resume_effects', 'revocations', wanted->>'reason');
  END IF;
  RETURN FOUND;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.resume_effects(jsonb) IS
  'Internal. {by, reason}: revocations are carried out again. False when they were not paused.';
--> statement-breakpoint
CREATE FUNCTION rolecall.withhold_views(withheld boolean) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF withheld THEN
    REVOKE SELECT ON rolecall.members, rolecall.current_permissions, rolecall.grants FROM rolecall_reader;
  ELSE
    GRANT SELECT ON rolecall.members, rolecall.current_permissions, rolecall.grants TO rolecall_reader;
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.withhold_views(boolean) IS 'Internal. The part of rolecall.withhold_answers that belongs to the owner of the views.';
--> statement-breakpoint
CREATE FUNCTION rolecall.withhold_answers(withheld boolean) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF withheld THEN
    REVOKE EXECUTE ON FUNCTION
      rolecall.has_permission(text, text, text, text, text, text), rolecall.organizations_with(text, text),
      rolecall.token_is_current(text, text, text, timestamptz) FROM rolecall_reader;
    REVOKE EXECUTE ON FUNCTION
      rolecall.i_can(text, text, text, text, text), rolecall.my_organizations(text), rolecall.my_scopes(text, text)
      FROM rolecall_subject;
  ELSE
    GRANT EXECUTE ON FUNCTION
      rolecall.has_permission(text, text, text, text, text, text), rolecall.organizations_with(text, text),
      rolecall.token_is_current(text, text, text, timestamptz) TO rolecall_reader;
    GRANT EXECUTE ON FUNCTION
      rolecall.i_can(text, text, text, text, text), rolecall.my_organizations(text), rolecall.my_scopes(text, text)
      TO rolecall_subject;
  END IF;
  PERFORM rolecall.withhold_views(withheld);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.withhold_answers(boolean) IS
  'Internal. Takes from those who ask in SQL what they ask with, or gives it back: a restored database knows of members who have left since.';
--> statement-breakpoint
CREATE FUNCTION rolecall.begin_restore(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  next_epoch uuid := gen_random_uuid();
  since timestamptz;
  started bigint;
BEGIN
  UPDATE rolecall.operations AS o SET restoring_since = clock_timestamp() WHERE o.only RETURNING o.restoring_since INTO since;
  PERFORM rolecall.withhold_answers(true);
  UPDATE rolecall.instance AS i SET epoch = next_epoch WHERE i.only;
  -- What was under way when the backup was made had seen another world.
  UPDATE rolecall.reconciliations AS r
     SET status = 'cancelled', ended_at = clock_timestamp(), cancelled_by = wanted->>'by', lease_token = NULL, leased_until = NULL
   WHERE r.status = 'running';
  -- Whatever was tried before the backup is tried anew.
  UPDATE rolecall.effects AS e
     SET attempts = 0, last_error = NULL, due_at = clock_timestamp(), lease_token = NULL, leased_until = NULL
   WHERE e.status = 'owed' AND e.kind LIKE 'lookup%';
  INSERT INTO rolecall.reconciliations (cause, dry_run, asked_by, reason)
  VALUES ('restore', false, wanted->>'by', wanted->>'reason') RETURNING id INTO started;
  INSERT INTO rolecall.operator_actions (operator, action, subject, reason)
  VALUES (wanted->>'by', 'restore', next_epoch::text, wanted->>'reason');
  RETURN jsonb_build_object('epoch', next_epoch, 'since', rolecall.instant(since), 'reconciliation', started);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.begin_restore(jsonb) IS
  'Internal. {by, reason}: this database came out of a backup. Another epoch, nobody is answered, and a comparison with all that the provider has.';
--> statement-breakpoint
CREATE FUNCTION rolecall.restoring_since() RETURNS timestamptz
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  since timestamptz := (SELECT o.restoring_since FROM rolecall.operations AS o WHERE o.only);
  compared bigint;
BEGIN
  IF since IS NULL THEN
    RETURN NULL;
  END IF;
  -- Any comparison of everything that was asked for since; and whoever it asked about in particular was answered, or
  -- could not be: an attempt that is under way was begun, and has no error yet.
  SELECT r.id INTO compared FROM rolecall.reconciliations AS r
   WHERE r.status = 'done' AND r.organization_id = '' AND NOT r.dry_run AND r.asked_at >= since
     AND NOT EXISTS (SELECT FROM rolecall.effects AS e
                      WHERE e.status = 'owed' AND e.kind LIKE 'lookup%' AND e.owed_at <= r.ended_at
                        AND (e.attempts = 0 OR e.last_error IS NULL OR e.last_error = 'changed_too_recently'))
   ORDER BY r.id LIMIT 1;
  IF compared IS NULL THEN
    RETURN since;
  END IF;
  -- Whoever finds it first ends it.
  UPDATE rolecall.operations AS o SET restoring_since = NULL WHERE o.only AND o.restoring_since = since;
  IF FOUND THEN
    PERFORM rolecall.withhold_answers(false);
    INSERT INTO rolecall.operator_actions (operator, action, subject) VALUES ('reconciliation', 'restored', compared::text);
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.restoring_since() IS
  'Internal. Since when a restored database waits to be compared with the provider; null when it does not. Ends the waiting when there is nothing to wait for any more.';
--> statement-breakpoint
-- A migration that this code cannot do without raises schemaVersion; one that older code cannot work on, oldestCode too.
CREATE OR REPLACE FUNCTION rolecall.read_readiness(nothing jsonb) RETURNS jsonb
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object(
    'schemaVersion', 1, 'oldestCode', 1,
    'providerInstance', (SELECT i.provider_instance FROM rolecall.instance AS i WHERE i.only),
    'restoringSince', rolecall.instant(rolecall.restoring_since()))
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_readiness(jsonb) IS
  'Internal. The version of this schema, that of the oldest code which works on it, the pinned instance, and since when a restored database waits.';
--> statement-breakpoint
CREATE FUNCTION rolecall.begin_forgetting(wanted jsonb) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  due timestamptz := clock_timestamp() - make_interval(secs => (wanted->>'everyMs')::double precision / 1000);
BEGIN
  IF (SELECT o.pruned_at FROM rolecall.operations AS o WHERE o.only) > due THEN
    RETURN false;
  END IF;
  UPDATE rolecall.operations AS o SET pruned_at = clock_timestamp()
   WHERE o.only AND (o.pruned_at IS NULL OR o.pruned_at <= due);
  RETURN FOUND;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.begin_forgetting(jsonb) IS
  'Internal. {everyMs}: whether it is time to forget what is old, told to one process only.';
--> statement-breakpoint
CREATE FUNCTION rolecall.put_off_forgetting(nothing jsonb) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE rolecall.operations AS o SET pruned_at = NULL WHERE o.only
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.put_off_forgetting(jsonb) IS 'Internal. It was not finished: whoever looks next goes on.';
--> statement-breakpoint
-- The service may delete nothing; this may, as far as it is told what is old, and never a tombstone, a hash or an outcome.
CREATE FUNCTION rolecall.forget(wanted jsonb) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  -- In the order of an index: what is sorted would be read whole first.
  SET enable_sort = off
  SET enable_bitmapscan = off
  SET jit = off
AS $$
DECLARE
  most integer := (wanted->>'most')::integer;
  -- Whoever has taken over the service removes no trail of it: that is a month old before it can be forgotten.
  before timestamptz := clock_timestamp() - make_interval(days => greatest((wanted->>'days')::integer,
    CASE wanted->>'what' WHEN 'changes' THEN 30 WHEN 'invited' THEN 0 ELSE 1 END));
  forgotten integer;
BEGIN
  CASE wanted->>'what'
    WHEN 'payloads' THEN
      UPDATE rolecall.inbox AS i SET body = NULL
       WHERE i.id = ANY (ARRAY(
         SELECT k.id FROM rolecall.inbox AS k WHERE k.body IS NOT NULL AND k.received_at < before
          ORDER BY k.received_at LIMIT most FOR UPDATE SKIP LOCKED));
    WHEN 'deleted_users' THEN
      -- What is older than that is forgotten anyway. What is about to be tried again still needs what it says.
      UPDATE rolecall.inbox AS i SET body = NULL
       WHERE i.id = ANY (ARRAY(
         SELECT k.id FROM rolecall.users AS u JOIN rolecall.inbox AS k ON k.user_id = u.id
          WHERE u.deleted_at > (extract(epoch FROM before - interval '1 day') * 1000)::bigint AND k.body IS NOT NULL
            AND NOT (k.outcome = 'failed' AND k.reason = 'refused_by_database' AND k.retry_at IS DISTINCT FROM 'infinity')
          LIMIT most FOR UPDATE OF k SKIP LOCKED));
    WHEN 'invited' THEN
      UPDATE rolecall.invitations AS i SET email = NULL, row_version = i.row_version + 1
       WHERE i.id = ANY (ARRAY(
         SELECT k.id FROM rolecall.invitations AS k
          WHERE k.email IS NOT NULL AND k.expires_at < (extract(epoch FROM before) * 1000)::bigint
          ORDER BY k.expires_at LIMIT most FOR UPDATE SKIP LOCKED));
    WHEN 'effects' THEN
      -- By age, as far as the oldest page goes: one that took long to settle keeps no others. In an order that only the
      -- index on both has: by their ids alone all of them would be read to find that none was observed.
      DELETE FROM rolecall.effects AS e
       WHERE e.id = ANY (ARRAY(
         SELECT k.id FROM unnest(ARRAY['done', 'observed']) AS s(status), LATERAL (
                  SELECT f.id, coalesce(f.settled_at, f.owed_at) AS ended_at FROM rolecall.effects AS f
                   WHERE f.status >= s.status AND f.status <= s.status
                   ORDER BY f.status, f.id LIMIT most FOR UPDATE SKIP LOCKED) AS k
          WHERE k.ended_at < before));
    WHEN 'attempts' THEN
      WITH old AS (
        SELECT k.delivery_id, k.attempt FROM rolecall.attempts AS k WHERE k.at < before
         ORDER BY k.at LIMIT most FOR UPDATE SKIP LOCKED)
      DELETE FROM rolecall.attempts AS a USING old WHERE a.delivery_id = old.delivery_id AND a.attempt = old.attempt;
    WHEN 'replayed' THEN
      WITH old AS (
        SELECT k.replay_id, k.position, k.at FROM rolecall.replayed AS k
         ORDER BY k.replay_id, k.position LIMIT most FOR UPDATE SKIP LOCKED)
      DELETE FROM rolecall.replayed AS r USING old WHERE r.replay_id = old.replay_id AND r.position = old.position AND old.at < before;
    WHEN 'drift' THEN
      WITH old AS (
        SELECT k.id, k.at FROM rolecall.drift AS k ORDER BY k.id LIMIT most FOR UPDATE SKIP LOCKED)
      DELETE FROM rolecall.drift AS d USING old WHERE d.id = old.id AND old.at < before;
    WHEN 'reconciled' THEN
      WITH old AS (
        SELECT k.reconciliation_id, k.membership_id FROM rolecall.reconciled AS k
         WHERE (SELECT r.status <> 'running' FROM rolecall.reconciliations AS r WHERE r.id = k.reconciliation_id)
         ORDER BY k.reconciliation_id, k.membership_id LIMIT most FOR UPDATE SKIP LOCKED)
      DELETE FROM rolecall.reconciled AS n USING old WHERE n.reconciliation_id = old.reconciliation_id AND n.membership_id = old.membership_id;
    WHEN 'console_sessions' THEN
      DELETE FROM rolecall.console_sessions AS s
       WHERE s.id_sha256 = ANY (ARRAY(
         SELECT k.id_sha256 FROM rolecall.console_sessions AS k WHERE k.expires_at < clock_timestamp()
          ORDER BY k.expires_at LIMIT most FOR UPDATE SKIP LOCKED));
    WHEN 'changes' THEN
      -- From the first one on and without a gap: by a gap readers are told that they have missed something.
      DELETE FROM rolecall.changes AS c
       WHERE c.revision < (
         SELECT coalesce(min(k.revision) FILTER (WHERE k.recorded_at >= before), max(k.revision) + 1)
           FROM (SELECT o.revision, o.recorded_at FROM rolecall.changes AS o ORDER BY o.revision LIMIT most) AS k);
  END CASE;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.forget(jsonb) IS
  'Internal. {what, days, most}: forgets at most so many rows of one kind that are older than so many days, and how many they were. Rows that somebody holds are left for the next time.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY[
    'note_mode(jsonb)', 'pause_effects(jsonb)', 'resume_effects(jsonb)', 'withhold_answers(boolean)',
    'withhold_views(boolean)', 'begin_restore(jsonb)', 'restoring_since()', 'begin_forgetting(jsonb)',
    'put_off_forgetting(jsonb)', 'forget(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
  ALTER FUNCTION rolecall.withhold_views(boolean) OWNER TO rolecall_views;
END
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION rolecall.withhold_views(boolean) FROM rolecall_service;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION rolecall.withhold_views(boolean) TO rolecall_owner;
