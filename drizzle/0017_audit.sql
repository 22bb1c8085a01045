-- Who had what, since when and why.
CREATE INDEX "changes_recorded" ON "rolecall"."changes" USING btree ("recorded_at","revision");--> statement-breakpoint
CREATE INDEX "changes_organization" ON "rolecall"."changes" USING btree ("organization_id","recorded_at","revision") WHERE "rolecall"."changes"."organization_id" is not null;--> statement-breakpoint
CREATE INDEX "changes_user" ON "rolecall"."changes" USING btree ("user_id","recorded_at","revision") WHERE "rolecall"."changes"."user_id" is not null;--> statement-breakpoint
CREATE INDEX "changes_kind" ON "rolecall"."changes" USING btree ("kind","recorded_at","revision");--> statement-breakpoint
CREATE INDEX "changes_cause" ON "rolecall"."changes" USING btree ((split_part(translate("cause", '_', ':'), ':', 1)),"recorded_at","revision") WHERE "rolecall"."changes"."cause" <> 'delivery';--> statement-breakpoint
CREATE INDEX "organizations_id_prefix" ON "rolecall"."organizations" USING btree ("id" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "organizations_name_prefix" ON "rolecall"."organizations" USING btree (left(lower("name"), 100) text_pattern_ops,"id");--> statement-breakpoint
CREATE INDEX "pairs_since" ON "rolecall"."pairs" USING btree ("organization_id","membership_created_at","user_id");
--> statement-breakpoint
-- Views, and not functions of a row each: most of an export's time would be spent calling those.
CREATE VIEW rolecall.audit_causes WITH (security_invoker = true) AS
  SELECT c.revision, jsonb_build_object('type', split_part(translate(c.cause, '_', ':'), ':', 1)) || jsonb_strip_nulls(
    jsonb_build_object('delivery', c.delivery_id) || coalesce(CASE split_part(c.cause, ':', 1)
      WHEN 'replay' THEN (
        SELECT jsonb_build_object('replay', r.id, 'by', r.asked_by, 'reason', r.reason)
          FROM rolecall.replays AS r WHERE r.id = split_part(c.cause, ':', 2)::bigint)
      WHEN 'reconciliation' THEN (
        SELECT jsonb_build_object('reconciliation', r.id, 'hold', h.id, 'by', coalesce(h.decided_by, r.asked_by),
                                  'reason', coalesce(nullif(h.decision_reason, ''), r.reason))
          FROM rolecall.reconciliations AS r
          -- Of whom Clerk did not list: an operator let Clerk be asked about them.
          LEFT JOIN rolecall.holds AS h
            ON h.kind = 'absences' AND h.status = 'approved' AND h.payload->'reconciliation' = to_jsonb(r.id)
               AND h.decided_at <= c.recorded_at AND c.kind = 'removed'
               AND (h.payload->'organizations' = 'null' OR h.payload->'organizations' ? c.organization_id)
         WHERE r.id = split_part(c.cause, ':', 2)::bigint)
      WHEN 'policy' THEN (
        SELECT jsonb_build_object('type', CASE WHEN h.id IS NULL THEN 'policy' ELSE 'approval' END,
                                  'policy', p.version, 'hold', h.id, 'by', p.applied_by, 'reason', p.reason)
          -- Activated in the same transaction, shortly before its changes were written down.
          FROM (SELECT * FROM rolecall.policies AS l WHERE l.applied_at <= c.recorded_at
                 ORDER BY l.applied_at DESC, l.version DESC LIMIT 1) AS p
          LEFT JOIN rolecall.holds AS h
            ON h.kind = 'policy' AND h.status = 'approved' AND h.payload->>'digest' = p.digest
               AND (h.payload->>'expected')::bigint = p.version - 1) END, '{}')) AS cause
    FROM rolecall.changes AS c;
--> statement-breakpoint
COMMENT ON VIEW rolecall.audit_causes IS
  'Internal. What a change came from, {type} with what is known of it: delivery, replay, reconciliation, policy, hold, by whom and for which reason.';
--> statement-breakpoint
CREATE VIEW rolecall.audit_changes WITH (security_invoker = true) AS
  SELECT c.revision, jsonb_build_object(
    'revision', c.revision, 'action', NULL, 'kind', c.kind, 'organizationId', c.organization_id, 'userId', c.user_id,
    'agentId', c.agent_id, 'role', c.role, 'permissions', c.permissions,
    'cutoff', CASE WHEN c.cutoff_of IS NOT NULL THEN jsonb_build_object(
      'of', c.cutoff_of, 'id', c.cutoff_id, 'at', rolecall.instant(rolecall.from_microseconds(c.cutoff_at * 1000))) END,
    'subject', NULL, 'cause', k.cause, 'at', rolecall.instant(rolecall.from_microseconds(c.at * 1000)),
    'recordedAt', rolecall.instant(c.recorded_at)) AS told
    FROM rolecall.changes AS c JOIN rolecall.audit_causes AS k ON k.revision = c.revision;
--> statement-breakpoint
COMMENT ON VIEW rolecall.audit_changes IS 'Internal. A change as the audit trail tells it.';
--> statement-breakpoint
CREATE VIEW rolecall.audit_actions WITH (security_invoker = true) AS
  SELECT a.id, jsonb_build_object(
    'revision', NULL, 'action', a.id, 'kind', a.action, 'organizationId', NULL, 'userId', NULL, 'agentId', NULL,
    'role', NULL, 'permissions', '[]'::jsonb, 'cutoff', NULL, 'subject', nullif(a.subject, ''),
    'cause', jsonb_build_object('type', 'operator', 'by', a.operator, 'reason', a.reason),
    'at', rolecall.instant(a.at), 'recordedAt', rolecall.instant(a.at)) AS told
    FROM rolecall.operator_actions AS a;
--> statement-breakpoint
COMMENT ON VIEW rolecall.audit_actions IS
  'Internal. What an operator did by hand, as the audit trail tells it.';
--> statement-breakpoint
CREATE FUNCTION rolecall.audit_conditions(wanted jsonb, of_changes boolean) RETURNS text
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN concat_ws(' AND ',
    CASE WHEN of_changes THEN 'true'
         -- An action is nobody's and no organization's.
         ELSE CASE WHEN wanted->>'organizationId' IS NULL AND wanted->>'userId' IS NULL
                        AND coalesce(wanted->>'cause', 'operator') = 'operator' THEN 'true' ELSE 'false' END END,
    CASE WHEN of_changes THEN nullif(concat_ws(' AND ',
      'e.organization_id = ' || quote_literal(wanted->>'organizationId'),
      'e.user_id = ' || quote_literal(wanted->>'userId'),
      CASE wanted->>'cause'
        WHEN 'delivery' THEN 'e.cause = ''delivery'''
        WHEN 'operator' THEN 'false'
        ELSE 'e.cause <> ''delivery'' AND split_part(translate(e.cause, ''_'', '':''), '':'', 1) = '
             || quote_literal(replace(wanted->>'cause', 'approval', 'policy'))
             || CASE WHEN wanted->>'cause' IN ('policy', 'approval')
                     THEN ' AND (SELECT k.cause->>''type'' FROM rolecall.audit_causes AS k WHERE k.revision = e.revision) = ' || quote_literal(wanted->>'cause') ELSE '' END
      END), '') END,
    CASE WHEN of_changes THEN 'e.kind = ' ELSE 'e.action = ' END || quote_literal(wanted->>'kind'),
    CASE WHEN of_changes THEN 'e.recorded_at >= ' ELSE 'e.at >= ' END
      || quote_literal(rolecall.from_microseconds((wanted->>'from')::bigint * 1000)),
    CASE WHEN of_changes THEN 'e.recorded_at < ' ELSE 'e.at < ' END
      || quote_literal(rolecall.from_microseconds((wanted->>'to')::bigint * 1000)),
    -- Of one moment, changes stand before actions.
    CASE WHEN of_changes THEN '(e.recorded_at, e.revision) ' ELSE '(e.at, e.id) ' END
      || CASE WHEN (wanted->>'newestFirst')::boolean THEN '< (' ELSE '> (' END
      || quote_literal(rolecall.from_microseconds((wanted#>>'{after,at}')::bigint)) || ', '
      || CASE WHEN (wanted#>>'{after,isAction}')::boolean = of_changes
              THEN CASE WHEN of_changes THEN '9223372036854775807' ELSE '0' END
              ELSE quote_literal((wanted#>>'{after,number}')::bigint) END || ')');
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.audit_conditions(jsonb, boolean) IS
  'Internal. The filter {organizationId, userId, kind, cause, from, to, newestFirst, after} as conditions on rolecall.changes, or on rolecall.operator_actions, AS e; what is null or left out is open.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_audit(wanted jsonb) RETURNS jsonb
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
  direction text := CASE WHEN (wanted->>'newestFirst')::boolean THEN 'DESC' ELSE 'ASC' END;
  listed jsonb;
BEGIN
  EXECUTE format(
    'WITH merged AS MATERIALIZED (
       SELECT m.*, row_number() OVER (ORDER BY m.at %1$s, m.is_action %1$s, m.number %1$s) AS place
         FROM ((SELECT e.recorded_at AS at, false AS is_action, e.revision AS number
                  FROM rolecall.changes AS e WHERE %2$s ORDER BY e.recorded_at %1$s, e.revision %1$s LIMIT $1 + 1)
               UNION ALL
               (SELECT e.at, true, e.id
                  FROM rolecall.operator_actions AS e WHERE %3$s ORDER BY e.at %1$s, e.id %1$s LIMIT $1 + 1)) AS m)
     SELECT jsonb_build_object(
       ''entries'', coalesce(jsonb_agg(coalesce(c.told, a.told) ORDER BY m.place), ''[]''),
       ''next'', CASE WHEN (SELECT count(*) FROM merged) > $1 THEN (
         SELECT jsonb_build_object(''at'', (extract(epoch FROM l.at) * 1000000)::bigint, ''isAction'', l.is_action, ''number'', l.number)
           FROM merged AS l WHERE l.place = $1) END)
       FROM merged AS m
       LEFT JOIN rolecall.audit_changes AS c ON NOT m.is_action AND c.revision = m.number
       LEFT JOIN rolecall.audit_actions AS a ON m.is_action AND a.id = m.number
      WHERE m.place <= $1',
    direction, rolecall.audit_conditions(wanted, true), rolecall.audit_conditions(wanted, false))
    INTO listed USING most;
  RETURN listed;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_audit(jsonb) IS
  'Internal. At most {limit} entries of the audit trail, changes and operators'' actions in one order of our clock, by the filter of rolecall.audit_conditions; next is where the page ended, null on the last one.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_for_review(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  organization text := wanted->>'organizationId';
  guest_roles text[] := rolecall.texts(wanted->'guestRoles');
  most integer := (wanted->>'limit')::integer;
  -- Many of those who come next may have left long ago: a page looks at so many, and is short rather than slow.
  looked_at integer := greatest(1000, 2 * most);
  begun_with_guests boolean := coalesce((wanted#>>'{after,guest}')::boolean, true);
  last_since bigint := coalesce((wanted#>>'{after,since}')::bigint, -1);
  last_user text := coalesce(wanted#>>'{after,userId}', '');
  candidates text[];
  page jsonb;
  listed jsonb := '[]';
  next jsonb;
  of_guests boolean;
BEGIN
  FOREACH of_guests IN ARRAY ARRAY[true, false] LOOP
    CONTINUE WHEN of_guests AND NOT begun_with_guests;
    IF of_guests THEN
      -- They lie in the order of their ids: all who hold a guest's role are read, and sorted.
      candidates := ARRAY(
        SELECT p.user_id FROM (
          SELECT m.user_id FROM unnest(guest_roles) AS g(role), LATERAL (
            SELECT held.user_id FROM rolecall.memberships AS held
             WHERE held.role = g.role AND held.organization_id = organization ORDER BY held.user_id) AS m
          UNION
          SELECT f.user_id FROM rolecall.active_policy AS a, LATERAL (
            SELECT p.user_id FROM rolecall.pairs AS p WHERE p.organization_id = organization
             ORDER BY p.first_joined_at, p.user_id COLLATE "C" LIMIT a.first_count) AS f
           WHERE a.first_role = ANY (guest_roles)) AS c
        JOIN rolecall.pairs AS p ON p.organization_id = organization AND p.user_id = c.user_id
       WHERE (p.membership_created_at, p.user_id) > (last_since, last_user)
       ORDER BY p.membership_created_at, p.user_id LIMIT looked_at);
    ELSE
      IF begun_with_guests THEN
        last_since := -1;
        last_user := '';
      END IF;
      candidates := ARRAY(
        SELECT p.user_id FROM rolecall.pairs AS p
         WHERE p.organization_id = organization AND (p.membership_created_at, p.user_id) > (last_since, last_user)
         ORDER BY p.membership_created_at, p.user_id LIMIT looked_at);
    END IF;
    SELECT coalesce(jsonb_agg(m.member ORDER BY m.place), '[]') INTO page FROM (
      SELECT c.place, jsonb_build_object('userId', s.user_id, 'role', s.role, 'scoped', s.scoped, 'since', s.since,
                                         'suspended', s.suspended, 'guest', of_guests) AS member
        FROM unnest(candidates) WITH ORDINALITY AS c(user_id, place)
       -- OFFSET 0: planned by itself, for one pair.
       CROSS JOIN LATERAL (
         SELECT * FROM rolecall.standing AS held
          WHERE held.organization_id = organization AND held.user_id = c.user_id OFFSET 0) AS s
       WHERE (s.role = ANY (guest_roles)) = of_guests
       ORDER BY c.place LIMIT most + 1 - jsonb_array_length(listed)) AS m;
    listed := listed || page;
    IF jsonb_array_length(listed) > most THEN
      listed := listed - most;
      next := listed->(most - 1);
      next := jsonb_build_object('guest', next->'guest', 'userId', next->'userId');
    ELSIF cardinality(candidates) = looked_at THEN
      next := jsonb_build_object('guest', of_guests, 'userId', candidates[looked_at]);
    END IF;
    EXIT WHEN next IS NOT NULL;
  END LOOP;
  RETURN jsonb_build_object(
    'name', (SELECT o.name FROM rolecall.organizations AS o WHERE o.id = organization),
    'members', listed,
    'next', next || (SELECT jsonb_build_object('since', p.membership_created_at) FROM rolecall.pairs AS p
                      WHERE p.organization_id = organization AND p.user_id = next->>'userId'));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_for_review(jsonb) IS
  'Internal. A page of the members of {organizationId}: those in one of {guestRoles} first, then the others, whoever has been there longest first, {after: {guest, since, userId}} one, at most {limit} of them. next is null on the last page: a page may be shorter than its limit.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_organizations(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  beginning text := coalesce(wanted->>'query', '');
  -- As far as the index goes: a name may be as long as a message.
  named text := left(lower(coalesce(wanted->>'query', '')), 100);
  -- No character comes after it.
  last_character text := chr(1114111);
  most integer := (wanted->>'limit')::integer;
  by_name boolean := coalesce((wanted#>>'{after,byName}')::boolean, false);
  last_id text := coalesce(wanted#>>'{after,id}', '');
  last_name text;
  by_id text[] := '{}';
  found text[] := '{}';
BEGIN
  IF NOT by_name THEN
    by_id := ARRAY(
      SELECT o.id FROM rolecall.organizations AS o
       WHERE o.id ~>=~ beginning AND o.id ~<~ (beginning || last_character) AND o.id ~>~ last_id AND o.deleted_at IS NULL
       ORDER BY o.id USING ~<~ LIMIT most + 1);
    -- Members were told of, the organization itself never was.
    IF last_id = '' AND EXISTS (SELECT FROM rolecall.pairs AS p WHERE p.organization_id = beginning)
       AND NOT EXISTS (SELECT FROM rolecall.organizations AS o WHERE o.id = beginning) THEN
      by_id := beginning || by_id;
    END IF;
    last_id := '';
  ELSE
    last_name := (SELECT left(lower(o.name), 100) FROM rolecall.organizations AS o WHERE o.id = last_id);
  END IF;
  IF named <> '' AND cardinality(by_id) <= most THEN
    last_name := CASE WHEN last_name ~>~ named THEN last_name ELSE named END;
    found := ARRAY(
      SELECT o.id FROM rolecall.organizations AS o
       WHERE left(lower(o.name), 100) ~>=~ last_name AND left(lower(o.name), 100) ~<~ (named || last_character)
         AND (left(lower(o.name), 100) ~>~ last_name OR o.id > last_id)
         AND o.deleted_at IS NULL AND NOT (o.id ~>=~ beginning AND o.id ~<~ (beginning || last_character))
       ORDER BY left(lower(o.name), 100) USING ~<~, o.id LIMIT most + 1 - cardinality(by_id));
  END IF;
  RETURN jsonb_build_object(
    'organizations', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
               'organizationId', w.id, 'name', o.name, 'members', m.living, 'more', m.looked_at = 1000) ORDER BY w.place), '[]')
        FROM unnest((by_id || found)[:most]) WITH ORDINALITY AS w(id, place)
        LEFT JOIN rolecall.organizations AS o ON o.id = w.id
       CROSS JOIN LATERAL (
         SELECT count(*) AS looked_at, count(s.user_id) AS living
           FROM (SELECT p.user_id FROM rolecall.pairs AS p WHERE p.organization_id = w.id ORDER BY p.user_id LIMIT 1000) AS p
           LEFT JOIN LATERAL (
             SELECT held.user_id FROM rolecall.standing AS held
              WHERE held.organization_id = w.id AND held.user_id = p.user_id OFFSET 0) AS s ON true) AS m),
    'next', CASE WHEN cardinality(by_id || found) > most THEN jsonb_build_object(
      'byName', most > cardinality(by_id), 'id', (by_id || found)[most]) END);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_organizations(jsonb) IS
  'Internal. A page of the organizations that live: those whose id begins with {query}, in order of their ids, then those whose name does, in order of their names, {after: {byName, id}} one, at most {limit} of them. members counts those who live among the first thousand that were ever told of; more: there are more to count.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_provenance(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  organization text := wanted->>'organizationId';
  person text := wanted->>'userId';
BEGIN
  RETURN jsonb_build_object(
    'changes', (
      SELECT coalesce(jsonb_agg(t.told ORDER BY h.revision DESC), '[]') FROM (
        (SELECT c.revision FROM rolecall.changes AS c WHERE c.organization_id = organization AND c.user_id = person
          ORDER BY c.revision DESC LIMIT 50)
        UNION ALL
        (SELECT c.revision FROM rolecall.changes AS c
          WHERE c.organization_id IS NULL AND c.user_id = person AND c.kind <> 'session_ended'
          ORDER BY c.revision DESC LIMIT 50)
        UNION ALL
        (SELECT c.revision FROM rolecall.changes AS c
          WHERE c.organization_id = organization AND c.user_id IS NULL AND c.kind <> 'agent_changed'
          ORDER BY c.revision DESC LIMIT 50)
        UNION ALL
        SELECT l.revision FROM jsonb_array_elements_text(wanted->'roles') AS w(role), LATERAL (
          SELECT c.revision FROM rolecall.changes AS c WHERE c.kind = 'role_changed' AND c.role = w.role
           ORDER BY c.recorded_at DESC, c.revision DESC LIMIT 20) AS l) AS h
        JOIN rolecall.audit_changes AS t ON t.revision = h.revision),
    'deliveries', (
      SELECT coalesce(jsonb_agg(rolecall.delivery_entry(d.i) || jsonb_build_object('sentAt', (d.i).at)
                      ORDER BY (d.i).received_at DESC, (d.i).id), '[]') FROM (
        -- By the user and nothing else: a plan made while the table was empty may read all of the organization's.
        (SELECT i FROM rolecall.inbox AS i WHERE i.user_id = person AND i.organization_id || '' = organization
          ORDER BY i.received_at DESC, i.id DESC LIMIT 50)
        UNION ALL
        (SELECT i FROM rolecall.inbox AS i
          WHERE i.user_id = person AND i.organization_id IS NULL AND i.type LIKE 'user.%'
          ORDER BY i.received_at DESC, i.id DESC LIMIT 20)) AS d),
    'effects', (
      SELECT coalesce(jsonb_agg(rolecall.effect_entry(o.e) ORDER BY (o.e).id), '[]') FROM (
        SELECT e FROM (VALUES ('lookup_member', organization, person), ('lookup_user', '', person),
                              ('lookup_organization', organization, ''), ('lookup_roles', '', ''),
                              ('revoke_sessions', '', person)) AS w(kind, organization_id, user_id),
               LATERAL (
                 SELECT one AS e FROM rolecall.effects AS one
                  WHERE one.kind = w.kind AND one.organization_id = w.organization_id AND one.user_id = w.user_id
                    AND one.status = 'owed' AND one.kind <> 'revoke_holders') AS due
        UNION ALL
        (SELECT e FROM rolecall.effects AS e
          WHERE e.status = 'dead'
            AND (e.kind, e.organization_id, e.user_id) IN (
              ('lookup_member', organization, person), ('lookup_user', '', person), ('lookup_organization', organization, ''),
              ('lookup_roles', '', ''), ('revoke_sessions', '', person))
          ORDER BY e.id DESC LIMIT 20)) AS o),
    'leftCutoff', (
      SELECT rolecall.left_cutoff(p.user_id, p.organization_id, p.left_roles) FROM rolecall.pairs AS p
       WHERE p.organization_id = organization AND p.user_id = person AND p.left_roles <> '{}'),
    'holds', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'at', rolecall.instant(h.raised_at)) ORDER BY h.id), '[]')
        FROM rolecall.holds AS h
       WHERE h.status = 'waiting' AND h.kind = 'absences'
         AND EXISTS (SELECT FROM rolecall.drift AS d
                      WHERE d.reconciliation_id = (h.difference->>'reconciliation')::bigint AND d.outcome = 'held'
                        AND d.organization_id = organization AND d.user_id = person)));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_provenance(jsonb) IS
  'Internal. Where the access of {userId} in {organizationId} comes from: the latest changes of the pair, the user, the organization and {roles}, the latest deliveries about the pair and the user, and what of them is owed, given up or waits for an operator.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['audit_causes', 'audit_changes', 'audit_actions'] LOOP
    EXECUTE format('ALTER VIEW rolecall.%s OWNER TO rolecall_views', made);
    EXECUTE format('GRANT SELECT ON rolecall.%s TO rolecall_service', made);
  END LOOP;
  FOREACH made IN ARRAY ARRAY[
    'audit_conditions(jsonb, boolean)', 'list_audit(jsonb)', 'list_for_review(jsonb)', 'list_organizations(jsonb)',
    'read_provenance(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
END
$$;
