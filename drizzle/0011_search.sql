CREATE INDEX "memberships_scoped" ON "rolecall"."memberships" USING btree ("organization_id") WHERE "rolecall"."memberships"."scoped" <> '{}';
--> statement-breakpoint
-- Who and what comes into question in a search, page by page. Whether it is allowed, the decision itself says.
CREATE FUNCTION rolecall.find_holders(wanted jsonb) RETURNS jsonb
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
  permission text := wanted->>'permission';
  place text[] := ARRAY[wanted#>>'{scope,type}', wanted#>>'{scope,id}'];
  -- Shorter than any id.
  following text := coalesce(wanted->>'after', '');
  most integer := (wanted->>'limit')::integer;
  granting text[] := ARRAY(
    SELECT k.key FROM rolecall.role_keys AS k, rolecall.active_policy AS a
     WHERE k.scope = 'organization' AND (place[1] IS NULL OR place[1] = ANY (a.reached))
       AND (k.grants @> ARRAY[permission]
            OR EXISTS (SELECT FROM jsonb_each(k.featured) AS f(name, grants) WHERE f.grants ? permission)));
  granting_there text[] := ARRAY(
    SELECT k.key FROM rolecall.role_keys AS k
     WHERE k.scope = place[1] AND k.scope <> 'organization'
       AND (k.grants @> ARRAY[permission]
            OR EXISTS (SELECT FROM jsonb_each(k.featured) AS f(name, grants) WHERE f.grants ? permission)));
BEGIN
  RETURN to_jsonb(ARRAY(
    SELECT c.user_id FROM (
      SELECT m.user_id FROM unnest(granting) AS r(key), LATERAL (
        SELECT DISTINCT held.user_id FROM rolecall.memberships AS held
         WHERE held.role = r.key AND held.organization_id = organization AND held.user_id > following
         ORDER BY held.user_id LIMIT most) AS m
      UNION
      -- Whoever was among the first to join has the role that the policy gives them, whatever the provider says.
      SELECT f.user_id FROM rolecall.active_policy AS a, LATERAL (
        SELECT p.user_id FROM rolecall.pairs AS p WHERE p.organization_id = organization
         ORDER BY p.first_joined_at, p.user_id COLLATE "C" LIMIT a.first_count) AS f
       WHERE a.first_role = ANY (granting) AND f.user_id > following
      UNION
      SELECT m.user_id FROM (
        -- OFFSET 0: by the resource and nothing else. With more to choose from, a plan made while the table was empty
        -- takes another index.
        SELECT * FROM rolecall.memberships AS held
         WHERE granting_there <> '{}' AND held.scoped <> '{}'
           AND rolecall.resources_in(held.organization_id, held.scoped) && ARRAY[organization || '/' || place[1] || '/' || place[2]]
        OFFSET 0) AS m
       WHERE m.organization_id = organization AND m.user_id > following AND m.deleted_at IS NULL
         AND m.scoped #>> place = ANY (granting_there)
      UNION
      -- Owner and assignees of the resource, who may hold it for themselves alone.
      SELECT n.user_id FROM jsonb_array_elements_text(wanted->'named') AS n(user_id) WHERE n.user_id > following) AS c
     ORDER BY c.user_id LIMIT most));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.find_holders(jsonb) IS
  'Internal. A page of the users who may hold {permission} in {organizationId}, or in {scope: {type, id}} of it, in order of their ids, {after} one, at most {limit}: those whose role grants it outright to anybody, and those that are {named}. Everybody who holds it is among them, and others who do not any more.';
--> statement-breakpoint
CREATE FUNCTION rolecall.find_agents(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN to_jsonb(ARRAY(
    SELECT a.id FROM rolecall.organizations AS o, jsonb_object_keys(o.agents) AS a(id)
     WHERE o.id = wanted->>'organizationId' AND a.id > coalesce(wanted->>'after', '')
     ORDER BY a.id LIMIT (wanted->>'limit')::integer));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.find_agents(jsonb) IS
  'Internal. A page of the agents of {organizationId}, in order of their ids, {after} one, at most {limit}.';
--> statement-breakpoint
CREATE FUNCTION rolecall.find_organizations(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN to_jsonb(ARRAY(
    SELECT p.organization_id FROM rolecall.pairs AS p
     WHERE p.user_id = wanted->>'userId' AND p.organization_id > coalesce(wanted->>'after', '')
     ORDER BY p.organization_id LIMIT (wanted->>'limit')::integer));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.find_organizations(jsonb) IS
  'Internal. A page of the organizations that {userId} belongs to or belonged to once, in order of their ids, {after} one, at most {limit}.';
--> statement-breakpoint
CREATE FUNCTION rolecall.find_resources(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
BEGIN
  RETURN to_jsonb(ARRAY(
    SELECT DISTINCT r.id FROM rolecall.memberships AS m, jsonb_object_keys(m.scoped->(wanted->>'type')) AS r(id)
     WHERE m.organization_id = wanted->>'organizationId' AND m.scoped <> '{}' AND m.deleted_at IS NULL
       AND r.id > coalesce(wanted->>'after', '')
     ORDER BY r.id LIMIT (wanted->>'limit')::integer));
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.find_resources(jsonb) IS
  'Internal. A page of the resources of {type} in {organizationId} in which anybody has a role, in order of their ids, {after} one, at most {limit}. Looks at every membership with a role in a resource of that organization.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['find_holders', 'find_agents', 'find_organizations', 'find_resources'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s(jsonb) OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s(jsonb) FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s(jsonb) TO rolecall_service', made);
  END LOOP;
END
$$;
