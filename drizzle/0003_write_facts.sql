-- One function a table: lock what a decision rests on in order of its key, refuse when it has moved, then write. They are
-- one idea, so they are made from one text; each is a function of its own, because its plan is then kept.
-- They run inside of rolecall.apply_decision, and under its settings.
DO $generate$
DECLARE
  made record;
BEGIN
  FOR made IN
    WITH described(name, keys, columns) AS (VALUES
      -- Each column as: name, where it stands in the row as the code writes it, type. The first ones are the key.
      ('users', 1, 'id id text, version_updated_at version.updatedAt bigint, version_at version.at bigint,
         suspended suspended boolean, password_changed_at passwordChangedAt bigint, deleted_at deletedAt bigint,
         cutoff cutoff bigint'),
      ('organizations', 1, 'id id text, name name text, version_updated_at version.updatedAt bigint,
         version_at version.at bigint, features features text[], agents agents jsonb, flaws flaws text[],
         deleted_at deletedAt bigint, cutoff cutoff bigint'),
      ('roles', 1, 'id id text, key key text, name name text, description description text,
         permissions permissions text[], created_at createdAt bigint, version_updated_at version.updatedAt bigint,
         version_at version.at bigint, deleted_at deletedAt bigint'),
      ('role_keys', 1, 'key key text, role_id roleId text, role_created_at roleCreatedAt bigint, bound bound text[],
         bound_at boundAt bigint, provided provided text[], scope scope text, grants grants text[],
         featured featured jsonb, cutoff cutoff bigint'),
      ('permissions', 1, 'id id text, key key text, created_at createdAt bigint, deleted_at deletedAt bigint'),
      ('permission_keys', 1, 'key key text, permission_id permissionId text,
         permission_created_at permissionCreatedAt bigint, deleted_at deletedAt bigint'),
      ('pairs', 2, 'organization_id organizationId text, user_id userId text, membership_id membershipId text,
         membership_created_at membershipCreatedAt bigint, first_joined_at firstJoinedAt bigint, cutoff cutoff bigint,
         revocation_at revocationAt bigint, left_roles left jsonb'),
      ('memberships', 1, 'id id text, organization_id organizationId text, user_id userId text,
         created_at createdAt bigint, role role text, scoped scoped jsonb, ceiling ceiling jsonb, flaws flaws text[],
         contested contested boolean, version_updated_at version.updatedAt bigint, version_at version.at bigint,
         effective_at effectiveAt bigint, seen_at seenAt bigint, absent_at absentAt bigint, deleted_at deletedAt bigint'),
      ('invitations', 1, 'id id text, organization_id organizationId text, email email text, role role text,
         scoped scoped jsonb, inviter_id inviterId text, inviter_role inviterRole text, status status text,
         created_at createdAt bigint, expires_at expiresAt bigint, version_updated_at version.updatedAt bigint,
         version_at version.at bigint'),
      ('sessions', 1, 'id id text, user_id userId text, ended_at endedAt bigint')
    ), parsed AS (
      SELECT d.name, d.keys, c.place, p.word[1] AS col, split_part(p.word[2], '.', 1) AS field,
             split_part(p.word[2], '.', 2) AS inner_field, p.word[3] AS type
        FROM described AS d, regexp_split_to_table(d.columns, ',\s*') WITH ORDINALITY AS c(text, place),
             LATERAL (SELECT regexp_split_to_array(trim(c.text), '\s+')) AS p(word)
    )
    SELECT p.name,
           string_agg(format('%I %s', p.field, p.type), ', ' ORDER BY p.place) FILTER (WHERE p.place <= p.keys) AS key_fields,
           string_agg(format('r.%I = c.%I', p.col, p.field), ' AND ' ORDER BY p.place) FILTER (WHERE p.place <= p.keys) AS key_matches,
           string_agg(format('r.%I', p.col), ', ' ORDER BY p.place) FILTER (WHERE p.place <= p.keys) AS key_order,
           string_agg(format('w.%I', p.field), ', ' ORDER BY p.place) FILTER (WHERE p.place <= p.keys) AS write_order,
           string_agg(format('%I', p.col), ', ' ORDER BY p.place) FILTER (WHERE p.place <= p.keys) AS key_columns,
           string_agg(format('%I', p.col), ', ' ORDER BY p.place) AS columns,
           string_agg(CASE WHEN p.inner_field = '' THEN format('w.%I', p.field)
                           ELSE format('(w.%I->>%L)::%s', p.field, p.inner_field, p.type) END, ', ' ORDER BY p.place) AS fields,
           string_agg(CASE WHEN p.inner_field = '' THEN format('%I %s', p.field, p.type)
                           WHEN p.inner_field = 'at' THEN format('%I jsonb', p.field) END, ', ' ORDER BY p.place) AS record,
           string_agg(format('%1$I = excluded.%1$I', p.col), ', ' ORDER BY p.place) FILTER (WHERE p.place > p.keys) AS updates
      FROM parsed AS p GROUP BY p.name
  LOOP
    EXECUTE format($function$
CREATE FUNCTION rolecall.put_%1$s(checks jsonb, writes jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted bigint;
  same bigint;
BEGIN
  IF jsonb_array_length(checks) > 0 THEN
    WITH held AS (
      SELECT r.row_version, c.expect
        FROM jsonb_to_recordset(checks) AS c(%2$s, expect integer)
        JOIN rolecall.%1$s AS r ON %3$s
       ORDER BY %4$s FOR UPDATE OF r
    )
    SELECT count(*), count(*) FILTER (WHERE h.row_version = h.expect) INTO counted, same FROM held AS h;
    -- Counted, not joined once more: that would be each with each. What was not there is not there still.
    IF counted <> same OR same <> (SELECT count(*) FROM jsonb_array_elements(checks) AS c WHERE c->'expect' <> '0') THEN
      RAISE EXCEPTION 'rolecall: %1$s moved' USING ERRCODE = 'RCL01';
    END IF;
  END IF;
  -- What was looked at only is locked and no more.
  IF jsonb_array_length(writes) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO rolecall.%1$s AS r (%7$s, row_version)
  SELECT %8$s, w.expect + 1
    FROM jsonb_to_recordset(writes) AS w(%9$s, expect integer)
   ORDER BY %5$s
  ON CONFLICT (%6$s) DO UPDATE SET %10$s, row_version = excluded.row_version
   WHERE r.row_version = excluded.row_version - 1;
  GET DIAGNOSTICS counted = ROW_COUNT;
  -- A row that did not exist when it was read has appeared since.
  IF counted <> jsonb_array_length(writes) THEN
    RAISE EXCEPTION 'rolecall: %1$s appeared' USING ERRCODE = 'RCL01';
  END IF;
END
$$ $function$, made.name, made.key_fields, made.key_matches, made.key_order, made.write_order,
      made.key_columns, made.columns, made.fields, made.record, made.updates);
    EXECUTE format('COMMENT ON FUNCTION rolecall.put_%1$s(jsonb, jsonb) IS %2$L', made.name,
      'Internal. Locks the rows a decision rests on in order of their key, refuses with RCL01 when one has moved, then writes.');
  END LOOP;
END
$generate$;
