-- What end users' sessions may ask, about themselves and nobody else; and row-level security on what nobody is to read.

-- The same rules as the guard's, where the claims can tell: the signature, the issuer and the authorized party were
-- checked by whoever put them there.
CREATE FUNCTION rolecall.presented(
  OUT user_id text, OUT organization_id text, OUT session_id text, OUT issued_at timestamptz)
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  told text := current_setting('request.jwt.claims', true);
  claims jsonb;
  organization jsonb;
  is_second boolean;
  issued numeric;
  expires numeric;
BEGIN
  -- Bounded in length and depth: a parser that runs out of stack fails for good.
  IF told IS NULL OR told = '' OR length(told) > 16384
     OR length(told) > 500 AND length(told) - length(translate(told, '[{', '')) > 500 THEN
    RETURN;
  END IF;
  IF current_setting('server_version_num')::integer >= 160000 THEN
    IF NOT pg_input_is_valid(told, 'jsonb') THEN
      RETURN;
    END IF;
    claims := told::jsonb;
  ELSE
    BEGIN
      claims := told::jsonb;
    EXCEPTION WHEN OTHERS THEN
      RETURN;
    END;
  END IF;
  IF jsonb_typeof(claims) <> 'object'
     OR jsonb_typeof(claims->'sub') IS DISTINCT FROM 'string' OR claims->>'sub' = ''
     -- Tokens of JWT templates have no session, and no cutoff of one would reach them.
     OR jsonb_typeof(claims->'sid') IS DISTINCT FROM 'string' OR claims->>'sid' = ''
     OR jsonb_typeof(claims->'iat') IS DISTINCT FROM 'number'
     -- Whoever impersonates is not the user.
     OR claims ? 'act' THEN
    RETURN;
  END IF;

  -- Where no version is told, o is what tells the second one from the first.
  is_second := CASE WHEN NOT claims ? 'v' THEN claims ? 'o' WHEN claims->'v' IN ('1', '2') THEN claims->'v' = '2' END;
  IF is_second IS NULL THEN
    RETURN;
  END IF;
  organization := CASE WHEN NOT is_second THEN nullif(claims->'org_id', 'null')
                       WHEN claims ? 'o' THEN coalesce(claims->'o'->'id', 'null') END;
  IF organization IS NOT NULL AND (jsonb_typeof(organization) <> 'string' OR organization = '""') THEN
    RETURN;
  END IF;
  -- A session that still has tasks to do is pending. Tokens of the first version may not say.
  IF claims->'sts' <> '"active"' OR is_second AND NOT claims ? 'sts' THEN
    RETURN;
  END IF;

  issued := (claims->>'iat')::numeric;
  IF issued NOT BETWEEN 0 AND 253402300799 OR issued <> trunc(issued) THEN
    RETURN;
  END IF;
  IF claims ? 'exp' THEN
    IF jsonb_typeof(claims->'exp') <> 'number' THEN
      RETURN;
    END IF;
    expires := (claims->>'exp')::numeric;
    -- A minute by which clocks may differ; and nothing that was minted to live longer than session tokens do.
    IF expires <= issued OR expires - issued > 300 OR expires <= extract(epoch FROM now()) - 60 THEN
      RETURN;
    END IF;
  END IF;

  user_id := claims->>'sub';
  organization_id := organization #>> '{}';
  session_id := claims->>'sid';
  issued_at := to_timestamp(issued::double precision);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.presented() IS
  'Internal. Whose token the claims of this transaction are of (request.jwt.claims: sub, sid, iat, sts, o.id or org_id, exp where it is told); all null when they are missing, malformed, pending, impersonated, expired or of a token that lives longer than 300 seconds. Cutoffs are not looked at.';
--> statement-breakpoint
CREATE FUNCTION rolecall.asker(OUT user_id text, OUT organization_id text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  token record;
BEGIN
  token := rolecall.presented();
  -- Without an organization only the cutoffs of user and session are to be looked at: no organization has such an id.
  IF rolecall.token_is_current(token.user_id, coalesce(token.organization_id, '-'), token.session_id, token.issued_at) THEN
    user_id := token.user_id;
    organization_id := token.organization_id;
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.asker() IS
  'Internal. The user and the organization of the claims of this transaction, cutoffs included; both null when they are not to be honoured.';
--> statement-breakpoint
-- Policies ask this once for each statement, so for most members it is one reading: what rolecall.token_is_current and
-- rolecall.has_permission ask for after each other are nearly the same rows. Whoever it cannot tell of, they can.
CREATE FUNCTION rolecall.where_i_can(permission text, owner_id text, scope_type text, scope_id text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  token record;
  -- The second that the token is of, in milliseconds: a cutoff within it refuses the token.
  since bigint;
  held boolean;
BEGIN
  token := rolecall.presented();
  IF token.organization_id <> '' AND token.issued_at <= now() + interval '1 minute'
     AND position(' ' IN where_i_can.permission) = 0
     AND where_i_can.scope_type IS NULL AND where_i_can.scope_id IS NULL THEN
    since := extract(epoch FROM token.issued_at) * 1000;
    SELECT CASE WHEN m.ceiling = '[]' AND m.scoped = '{}'
                     AND (SELECT a.first_count = 0 FROM rolecall.active_policy AS a WHERE a.only) THEN (
             SELECT CASE WHEN k.featured = '{}' THEN
                      (k.cutoff >= since) IS NOT TRUE
                      AND (where_i_can.permission = ANY (k.grants)
                           OR coalesce(where_i_can.owner_id = token.user_id, false)
                              AND where_i_can.permission || ' own' = ANY (k.grants)) END
               FROM rolecall.role_keys AS k WHERE k.key = m.role AND k.scope = 'organization') END
      INTO held
      FROM rolecall.memberships AS m
     WHERE m.id = (SELECT p.membership_id FROM rolecall.pairs AS p
                    WHERE p.user_id = token.user_id AND p.organization_id = token.organization_id
                      AND p.left_roles = '{}' AND (p.cutoff >= since) IS NOT TRUE)
       AND m.deleted_at IS NULL AND (m.absent_at IS NULL OR m.seen_at > m.absent_at) AND NOT m.contested
       AND NOT EXISTS (SELECT FROM rolecall.sessions AS s
                        WHERE s.id = token.session_id AND (s.ended_at IS NOT NULL OR s.user_id <> token.user_id))
       AND NOT EXISTS (SELECT FROM rolecall.users AS u
                        WHERE u.id = token.user_id AND (u.deleted_at IS NOT NULL OR u.suspended OR u.cutoff >= since))
       AND NOT EXISTS (SELECT FROM rolecall.organizations AS o
                        WHERE o.id = token.organization_id AND (o.deleted_at IS NOT NULL OR o.cutoff >= since));
    IF held THEN
      RETURN token.organization_id;
    END IF;
  END IF;
  IF held IS NULL
     AND rolecall.token_is_current(token.user_id, token.organization_id, token.session_id, token.issued_at)
     AND rolecall.has_permission(token.user_id, token.organization_id, where_i_can.permission,
                                 where_i_can.owner_id, where_i_can.scope_type, where_i_can.scope_id) THEN
    RETURN token.organization_id;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.where_i_can(text, text, text, text) IS
  'Internal. The organization of the claims of this transaction, if rolecall.has_permission is true of their user there and their token is to be honoured, cutoffs included; else null.';
--> statement-breakpoint
CREATE FUNCTION rolecall.i_can(
  permission text, organization_id text,
  owner_id text DEFAULT NULL, scope_type text DEFAULT NULL, scope_id text DEFAULT NULL) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN coalesce(
    i_can.organization_id = rolecall.where_i_can(i_can.permission, i_can.owner_id, i_can.scope_type, i_can.scope_id),
    false);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.i_can(text, text, text, text, text) IS
  'Whether the user of this transaction''s claims (request.jwt.claims: sub, sid, iat, sts, o.id) holds the permission in the organization now, as rolecall.has_permission would say, with a token that was not cut off. False in every organization but the token''s own, and for missing, malformed, pending, impersonated or expired claims. In policies over many rows: rolecall.my_organizations.';
--> statement-breakpoint
CREATE FUNCTION rolecall.my_organizations(permission text) RETURNS SETOF text
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 1
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  organization_id text := rolecall.where_i_can(my_organizations.permission, NULL, NULL, NULL);
BEGIN
  IF organization_id IS NOT NULL THEN
    RETURN NEXT organization_id;
  END IF;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.my_organizations(text) IS
  'The organizations in which rolecall.i_can(permission, organization) is true: the one of this transaction''s claims, or none. In policies: organization_id = (SELECT rolecall.my_organizations(''…'')), which is asked once a statement and uses an index on organization_id.';
--> statement-breakpoint
CREATE FUNCTION rolecall.my_user_id() RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asker record;
BEGIN
  asker := rolecall.asker();
  RETURN asker.user_id;
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.my_user_id() IS
  'The user of this transaction''s claims, cutoffs included; null when they are not to be honoured. In policies: owner_id = (SELECT rolecall.my_user_id()).';
--> statement-breakpoint
CREATE FUNCTION rolecall.my_organization_id() RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  asker record;
BEGIN
  asker := rolecall.asker();
  RETURN (SELECT s.organization_id FROM rolecall.standing AS s
           WHERE s.user_id = asker.user_id AND s.organization_id = asker.organization_id AND NOT s.contested);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.my_organization_id() IS
  'The organization of this transaction''s claims, cutoffs included, while their user is a member there; else null. In policies: organization_id = (SELECT rolecall.my_organization_id()), for what every member may see.';
--> statement-breakpoint
CREATE FUNCTION rolecall.my_scopes(permission text, scope_type text) RETURNS SETOF text
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 10
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan
  SET jit = off
AS $$
DECLARE
  asker record;
BEGIN
  asker := rolecall.asker();
  IF EXISTS (SELECT FROM rolecall.active_policy AS p WHERE my_scopes.scope_type = ANY (p.reached))
     AND rolecall.has_permission(asker.user_id, asker.organization_id, my_scopes.permission) THEN
    RETURN NEXT '*';
  END IF;
  RETURN QUERY SELECT a.scope_id FROM rolecall.scoped_access AS a
   WHERE a.user_id = asker.user_id AND a.organization_id = asker.organization_id
     AND a.scope_type = my_scopes.scope_type AND a.scope_id NOT IN ('', '*')
     AND position(' ' IN my_scopes.permission) = 0 AND my_scopes.permission = ANY (a.permissions);
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.my_scopes(text, text) IS
  'The resources of a type in which the user of this transaction''s claims holds the permission, in the organization of the claims; * for every one of them, where an organization role reaches into all. Ids repeat from one organization to the next: policies compare the organization too.';
--> statement-breakpoint
GRANT USAGE, CREATE ON SCHEMA rolecall TO rolecall_views;
--> statement-breakpoint
GRANT SELECT ON
  rolecall.pairs, rolecall.memberships, rolecall.users, rolecall.organizations, rolecall.roles, rolecall.role_keys,
  rolecall.active_policy, rolecall.policies, rolecall.findings, rolecall.invitations
TO rolecall_views;
--> statement-breakpoint
DO $$
DECLARE
  made text;
  thing record;
BEGIN
  FOREACH made IN ARRAY ARRAY['presented()', 'asker()', 'where_i_can(text, text, text, text)',
                              'i_can(text, text, text, text, text)', 'my_organizations(text)', 'my_user_id()',
                              'my_organization_id()', 'my_scopes(text, text)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
  -- Before Postgres 16 malformed JSON is only told by an exception, and the block that catches it cannot be entered in
  -- a parallel plan.
  IF current_setting('server_version_num')::integer < 160000 THEN
    FOREACH made IN ARRAY ARRAY['presented()', 'asker()', 'where_i_can(text, text, text, text)',
                                'i_can(text, text, text, text, text)', 'my_organizations(text)', 'my_user_id()',
                                'my_organization_id()', 'my_scopes(text, text)'] LOOP
      EXECUTE format('ALTER FUNCTION rolecall.%s PARALLEL UNSAFE', made);
    END LOOP;
  END IF;
  -- Every table: a grant on all of them in the schema, meant for something else, opens none. Their owner is not subject
  -- to it, so the functions that run with its rights answer.
  -- Such a grant includes the views. They have an owner of their own, who is subject to it, so that what they see hangs on
  -- who looks. A condition in the view would not do: below an outer join a function of the asker's runs before it.
  FOR thing IN
    SELECT c.oid::regclass AS name, c.relkind AS kind FROM pg_catalog.pg_class AS c
     WHERE c.relnamespace = 'rolecall'::regnamespace AND c.relkind IN ('r', 'p', 'v')
  LOOP
    IF thing.kind = 'v' THEN
      EXECUTE format('ALTER VIEW %s OWNER TO rolecall_views', thing.name);
      EXECUTE format('GRANT SELECT ON %s TO rolecall_owner', thing.name);
    ELSE
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', thing.name);
      EXECUTE format('CREATE POLICY service ON %s TO rolecall_service USING (true) WITH CHECK (true)', thing.name);
      EXECUTE format($policy$
        -- A subquery, so that it is asked once and not for every row.
        CREATE POLICY readers ON %s FOR SELECT TO rolecall_views USING ((
          SELECT CURRENT_USER = 'rolecall_owner' OR pg_has_role(CURRENT_USER, 'rolecall_reader', 'USAGE')
              OR pg_has_role(CURRENT_USER, 'rolecall_service', 'USAGE') OR pg_has_role(CURRENT_USER, 'rolecall_owner', 'USAGE')))
      $policy$, thing.name);
    END IF;
  END LOOP;
  -- Small functions in SQL that were meant to be inlined: a call costs a microsecond more, and the rule has no exception.
  FOR thing IN
    SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc AS p
     WHERE p.pronamespace = 'rolecall'::regnamespace
       AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s WHERE s LIKE 'search\_path=%')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', thing.name);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION
  rolecall.i_can(text, text, text, text, text),
  rolecall.my_organizations(text),
  rolecall.my_user_id(),
  rolecall.my_organization_id(),
  rolecall.my_scopes(text, text)
TO rolecall_subject;
