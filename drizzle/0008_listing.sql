-- What apps list: members, invitations, seats, roles, findings. Every list is a page that goes on after a key.
CREATE FUNCTION rolecall.resources_in(organization_id text, scoped jsonb) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(
    SELECT organization_id || '/' || t.type || '/' || r.id
      FROM jsonb_each(scoped) AS t(type, roles), jsonb_object_keys(t.roles) AS r(id));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.resources_in(text, jsonb) IS
  'Internal. Every resource in which a membership names a role, as organization/type/id: ids repeat from one organization to the next.';
--> statement-breakpoint
ALTER FUNCTION rolecall.resources_in(text, jsonb) OWNER TO rolecall_owner;
--> statement-breakpoint
DROP INDEX "rolecall"."invitations_organization";--> statement-breakpoint
DROP INDEX "rolecall"."memberships_role";--> statement-breakpoint
CREATE INDEX "invitations_inviter" ON "rolecall"."invitations" USING btree ("organization_id","inviter_id","created_at","id");--> statement-breakpoint
CREATE INDEX "memberships_resources" ON "rolecall"."memberships" USING gin (rolecall.resources_in("organization_id", "scoped")) WHERE "rolecall"."memberships"."scoped" <> '{}';--> statement-breakpoint
CREATE INDEX "invitations_organization" ON "rolecall"."invitations" USING btree ("organization_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "memberships_role" ON "rolecall"."memberships" USING btree ("role","organization_id","user_id");
--> statement-breakpoint
CREATE VIEW rolecall.provided_roles AS
SELECT k.key, coalesce(r.name, k.key) AS title, coalesce(r.description, '') AS description, k.provided AS permissions
  FROM rolecall.role_keys AS k LEFT JOIN rolecall.roles AS r ON r.id = k.role_id
 -- A row that is there for the policy's sake alone was never heard of.
 WHERE k.scope = 'organization' AND (k.role_id IS NOT NULL OR k.bound IS NOT NULL) AND r.deleted_at IS NULL;
--> statement-breakpoint
COMMENT ON VIEW rolecall.provided_roles IS
  'Internal. The organization roles that the provider has now, with the permissions that it gives them.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_members(wanted jsonb) RETURNS jsonb
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
  wanted_role text := wanted->>'role';
  place text[] := ARRAY[wanted#>>'{scope,type}', wanted#>>'{scope,id}'];
  -- Shorter than any id.
  following text := coalesce(wanted->>'after', '');
  most integer := (wanted->>'limit')::integer;
  -- Many of those who come next may have left long ago: a page looks at so many, and is short rather than slow.
  looked_at integer := greatest(1000, 2 * most);
  candidates text[];
  counted integer;
  members jsonb;
BEGIN
  IF place[1] IS NOT NULL THEN
    candidates := ARRAY(
      SELECT DISTINCT m.user_id FROM (
        -- OFFSET 0: by the resource and nothing else. With more to choose from, a plan made while the table was empty
        -- takes another index.
        SELECT * FROM rolecall.memberships AS held
         WHERE rolecall.resources_in(held.organization_id, held.scoped) && ARRAY[organization || '/' || place[1] || '/' || place[2]]
           AND held.scoped <> '{}' OFFSET 0) AS m
       WHERE m.organization_id = organization AND m.user_id > following AND m.deleted_at IS NULL
         AND m.scoped #>> place = coalesce(wanted_role, m.scoped #>> place)
       ORDER BY m.user_id LIMIT looked_at);
  ELSIF wanted_role IS NOT NULL THEN
    candidates := ARRAY(
      SELECT c.user_id FROM (
        (SELECT DISTINCT m.user_id FROM rolecall.memberships AS m
          WHERE m.role = wanted_role AND m.organization_id = organization AND m.user_id > following
          ORDER BY m.user_id LIMIT looked_at)
        UNION
        SELECT f.user_id FROM rolecall.active_policy AS a, LATERAL (
          SELECT p.user_id FROM rolecall.pairs AS p WHERE p.organization_id = organization
           ORDER BY p.first_joined_at, p.user_id COLLATE "C" LIMIT a.first_count) AS f
         WHERE a.first_role = wanted_role AND f.user_id > following) AS c
       ORDER BY c.user_id LIMIT looked_at);
  ELSE
    candidates := ARRAY(
      SELECT p.user_id FROM rolecall.pairs AS p WHERE p.organization_id = organization AND p.user_id > following
       ORDER BY p.user_id LIMIT looked_at);
  END IF;
  SELECT coalesce(jsonb_agg(page.member), '[]'), count(*) INTO members, counted FROM (
    SELECT jsonb_build_object('userId', s.user_id, 'role', s.role, 'scoped', s.scoped, 'since', s.since,
                              'suspended', s.suspended) AS member
      FROM (SELECT c.user_id FROM unnest(candidates) AS c(user_id) ORDER BY c.user_id) AS c
     -- OFFSET 0: planned by itself, for one pair.
     CROSS JOIN LATERAL (
       SELECT * FROM rolecall.standing AS held
        WHERE held.organization_id = organization AND held.user_id = c.user_id OFFSET 0) AS s
     WHERE CASE WHEN place[1] IS NULL THEN s.role = coalesce(wanted_role, s.role)
                ELSE s.scoped #>> place = coalesce(wanted_role, s.scoped #>> place) END
     ORDER BY c.user_id LIMIT most + 1) AS page;
  RETURN jsonb_build_object(
    'revision', (SELECT c.revision FROM rolecall.counter AS c),
    'members', CASE WHEN counted > most THEN members - most ELSE members END,
    'next', CASE WHEN counted > most THEN members->(most - 1)->>'userId'
                 WHEN cardinality(candidates) = looked_at THEN candidates[looked_at] END);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_members(jsonb) IS
  'Internal. A page of the members of {organizationId}, in order of their ids, {after} one, at most {limit} of them; those in {role}, as derived; those with a role in {scope: {type, id}}, with both: with that role there. next is the id to go on after, null on the last page: a page may be shorter than its limit.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_invitations(wanted jsonb) RETURNS jsonb
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
  inviter text := wanted->>'inviter';
  clock bigint := (wanted->>'now')::bigint;
  most integer := (wanted->>'limit')::integer;
  last_at bigint := coalesce((wanted#>>'{after,createdAt}')::bigint, 9223372036854775807);
  last_id text := coalesce(wanted#>>'{after,id}', '');
  statuses text[] := CASE WHEN wanted->>'status' = 'pending' THEN ARRAY['pending']
                          ELSE ARRAY['pending', 'accepted', 'revoked', 'expired'] END;
  compiled jsonb := (SELECT p.compiled FROM rolecall.active_policy AS a JOIN rolecall.policies AS p ON p.version = a.version);
  found text[] := '{}';
BEGIN
  -- Nothing of a deleted organization lives: nobody can accept.
  IF EXISTS (SELECT FROM rolecall.organizations AS o WHERE o.id = organization AND o.deleted_at IS NOT NULL) THEN
    NULL;
  ELSIF inviter IS NULL THEN
    found := ARRAY(
      SELECT i.id FROM unnest(statuses) AS w(status), LATERAL (
        SELECT i.id, i.created_at FROM rolecall.invitations AS i
         WHERE i.organization_id = organization AND i.status = w.status AND (i.created_at, i.id) < (last_at, last_id)
           AND (wanted->>'status' = 'all' OR coalesce(i.expires_at > clock, true))
         ORDER BY i.created_at DESC, i.id DESC LIMIT most + 1) AS i
       ORDER BY i.created_at DESC, i.id DESC LIMIT most + 1);
  ELSE
    found := ARRAY(
      SELECT i.id FROM rolecall.invitations AS i
       WHERE i.organization_id = organization AND i.inviter_id = inviter AND (i.created_at, i.id) < (last_at, last_id)
         -- As an expression, so that the index by status is not taken for as good while the table is empty.
         AND i.status || '' = ANY (statuses) AND (wanted->>'status' = 'all' OR coalesce(i.expires_at > clock, true))
       ORDER BY i.created_at DESC, i.id DESC LIMIT most + 1);
  END IF;
  RETURN jsonb_build_object(
    'revision', (SELECT c.revision FROM rolecall.counter AS c),
    'more', cardinality(found) > most,
    'invitations', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
               'id', i.id, 'email', CASE WHEN e.status = 'pending' THEN i.email END, 'role', i.role, 'scoped', i.scoped,
               'inviterId', i.inviter_id, 'inviterRole', coalesce(i.inviter_role, s.role),
               'inviterIsMember', s.user_id IS NOT NULL, 'status', e.status,
               'createdAt', i.created_at, 'expiresAt', i.expires_at,
               'mayNotInvite', i.inviter_id IS NOT NULL AND compiled IS NOT NULL AND e.status IN ('pending', 'accepted')
                               AND NOT rolecall.may_invite(compiled, coalesce(i.inviter_role, s.role), i.role))
             ORDER BY i.created_at DESC, i.id DESC), '[]')
        FROM unnest(found[:most]) AS w(id)
       CROSS JOIN LATERAL (SELECT * FROM rolecall.invitations AS one WHERE one.id = w.id OFFSET 0) AS i
       CROSS JOIN LATERAL (
         SELECT CASE WHEN i.status = 'pending' AND i.expires_at <= clock THEN 'expired' ELSE i.status END AS status) AS e
        LEFT JOIN LATERAL (
          SELECT held.user_id, held.role FROM rolecall.standing AS held
           WHERE held.organization_id = organization AND held.user_id = i.inviter_id OFFSET 0) AS s ON true));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_invitations(jsonb) IS
  'Internal. A page of the invitations to {organizationId}, newest first, {after: {createdAt, id}} one, at most {limit} of them; status pending (and not expired by the clock {now}) or all; those that {inviter} sent.';
--> statement-breakpoint
CREATE FUNCTION rolecall.count_pending_invitations(wanted jsonb) RETURNS integer
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN (
    SELECT count(*) FROM (
      SELECT i.status, i.expires_at FROM rolecall.invitations AS i
       WHERE i.organization_id = wanted->>'organizationId' AND i.inviter_id = wanted->>'userId'
         AND NOT EXISTS (SELECT FROM rolecall.organizations AS o
                          WHERE o.id = wanted->>'organizationId' AND o.deleted_at IS NOT NULL)
       -- In the order of the index by inviter, so that the one by status is not taken for as good while the table is empty.
       ORDER BY i.created_at, i.id OFFSET 0) AS i
     WHERE i.status = 'pending' AND coalesce(i.expires_at > (wanted->>'now')::bigint, true));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.count_pending_invitations(jsonb) IS
  'Internal. How many invitations {userId}, a member or not any more, has sent to {organizationId} that can be accepted still at {now}.';
--> statement-breakpoint
CREATE FUNCTION rolecall.count_seats(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN jsonb_build_object(
    'revision', (SELECT c.revision FROM rolecall.counter AS c),
    'rules', (SELECT p.document->'seats' FROM rolecall.active_policy AS a JOIN rolecall.policies AS p ON p.version = a.version),
    'roles', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('role', r.role, 'members', r.members)), '[]')
        FROM (SELECT s.role, count(*) AS members FROM rolecall.standing AS s
               WHERE s.organization_id = wanted->>'organizationId' GROUP BY s.role) AS r));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.count_seats(jsonb) IS
  'Internal. How many members of {organizationId} hold each role, and what the active policy says of seats. Looks at every member of the organization.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_assignment(wanted jsonb) RETURNS jsonb
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
  place text[] := ARRAY[wanted#>>'{scope,type}', wanted#>>'{scope,id}'];
BEGIN
  RETURN jsonb_build_object(
    'revision', (SELECT c.revision FROM rolecall.counter AS c),
    'policy', (SELECT p.document FROM rolecall.active_policy AS a JOIN rolecall.policies AS p ON p.version = a.version),
    'provided', (SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') FROM rolecall.provided_roles AS p),
    'people', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
               'userId', s.user_id, 'suspended', s.suspended, 'contested', s.contested,
               -- Newer roles wait for the provider's word: until then, whatever all of them allow.
               'held', CASE
                 WHEN place[1] IS NOT NULL THEN jsonb_build_array(s.scoped #>> place) || (
                   SELECT coalesce(jsonb_agg(c.holding->'scoped' #>> place), '[]') FROM jsonb_array_elements(s.ceiling) AS c(holding))
                 WHEN s.derived_role IS NOT NULL THEN jsonb_build_array(s.role)
                 ELSE jsonb_build_array(s.role) || (
                   SELECT coalesce(jsonb_agg(c.holding->>'role'), '[]') FROM jsonb_array_elements(s.ceiling) AS c(holding)) END)), '[]')
        FROM (SELECT DISTINCT w.id FROM unnest(ARRAY[wanted->>'actor', wanted->>'target']) AS w(id)) AS w
       CROSS JOIN LATERAL (
         SELECT * FROM rolecall.standing AS held
          WHERE held.organization_id = organization AND held.user_id = w.id OFFSET 0) AS s));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_assignment(jsonb) IS
  'Internal. What it takes to say which roles {actor} may give {target} in {organizationId}, or in {scope: {type, id}} of it: the active policy, the provider''s roles, and every role that each of the two holds there, believed or waiting, null where there is none.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_roles(nothing jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN jsonb_build_object(
    'policy', (SELECT jsonb_build_object('version', p.version, 'document', p.document)
                 FROM rolecall.active_policy AS a JOIN rolecall.policies AS p ON p.version = a.version),
    'provided', (SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') FROM rolecall.provided_roles AS p));
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_roles(jsonb) IS 'Internal. The active policy as it was written, and the provider''s roles.';
--> statement-breakpoint
CREATE FUNCTION rolecall.list_findings(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'kind', f.kind, 'userId', f.user_id, 'role', f.role, 'detail', f.detail,
             'foundAt', floor(extract(epoch FROM f.found_at) * 1000))
           ORDER BY f.kind, f.found_at DESC NULLS LAST, f.user_id, f.role), '[]')
      FROM ((SELECT * FROM rolecall.open_findings AS o WHERE o.organization_id = wanted->>'organizationId'
              ORDER BY o.kind, o.found_at DESC NULLS LAST, o.user_id, o.role LIMIT (wanted->>'limit')::integer)
            UNION ALL
            -- Every other kind is about an organization: saying so keeps their tables from being looked through.
            SELECT * FROM rolecall.open_findings AS o
             WHERE (wanted->>'everywhere')::boolean AND o.organization_id IS NULL AND o.kind = 'unknown_role') AS f);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.list_findings(jsonb) IS
  'Internal. What is open in {organizationId}, at most {limit} of it, and with {everywhere} what belongs to no organization.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  ALTER VIEW rolecall.provided_roles OWNER TO rolecall_owner;
  FOREACH made IN ARRAY ARRAY[
    'resources_in(text, jsonb)', 'list_members(jsonb)', 'list_invitations(jsonb)',
    'count_pending_invitations(jsonb)', 'count_seats(jsonb)', 'read_assignment(jsonb)', 'read_roles(jsonb)',
    'list_findings(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT SELECT ON rolecall.provided_roles TO rolecall_service;
