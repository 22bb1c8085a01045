-- Operators who sign in with a browser. Only digests come in: of the cookie, and of it with the token it was opened with.
CREATE FUNCTION rolecall.open_console_session(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO rolecall.console_sessions (id_sha256, operator, token_sha256, opened_at, expires_at)
  VALUES (decode(wanted->>'idSha256', 'hex'), wanted->>'operator', decode(wanted->>'tokenSha256', 'hex'),
          clock_timestamp(), clock_timestamp() + (wanted->>'seconds')::integer * interval '1 second');
  RETURN 'null';
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.open_console_session(jsonb) IS
  'Internal. {idSha256, operator, tokenSha256, seconds}: an operator signed in to the console, for so many seconds at most.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_console_session(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT jsonb_build_object('operator', s.operator, 'tokenSha256', encode(s.token_sha256, 'hex'),
                              'expiresAt', rolecall.instant(s.expires_at))
      FROM rolecall.console_sessions AS s
     WHERE s.id_sha256 = decode(wanted->>'idSha256', 'hex') AND s.expires_at > clock_timestamp());
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_console_session(jsonb) IS
  'Internal. The session of the console with {idSha256} that has not ended; null when there is none.';
--> statement-breakpoint
CREATE FUNCTION rolecall.close_console_session(wanted jsonb) RETURNS jsonb
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- The worker may not delete.
  DELETE FROM rolecall.console_sessions AS s WHERE s.id_sha256 = decode(wanted->>'idSha256', 'hex');
  RETURN 'null';
END
$$;
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.close_console_session(jsonb) IS 'Internal. Ends the session of the console with {idSha256}.';
--> statement-breakpoint
CREATE FUNCTION rolecall.read_held_before(wanted jsonb) RETURNS jsonb
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('revision', c.revision, 'permissions', coalesce(b.permissions, '{}'))), '[]')
      FROM (SELECT * FROM rolecall.changes AS h
             WHERE h.delivery_id = wanted->>'delivery' AND h.organization_id IS NOT NULL AND h.user_id IS NOT NULL
             ORDER BY h.revision LIMIT 200) AS c
      LEFT JOIN LATERAL (SELECT p.permissions FROM rolecall.changes AS p
                          WHERE p.organization_id = c.organization_id AND p.user_id = c.user_id
                            AND p.revision < c.revision
                          ORDER BY p.revision DESC LIMIT 1) AS b ON true);
--> statement-breakpoint
COMMENT ON FUNCTION rolecall.read_held_before(jsonb) IS
  'Internal. For each change of a member by the delivery {delivery}: what the change before it had left them.';
--> statement-breakpoint
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY[
    'open_console_session(jsonb)', 'read_console_session(jsonb)', 'close_console_session(jsonb)',
    'read_held_before(jsonb)'] LOOP
    EXECUTE format('ALTER FUNCTION rolecall.%s OWNER TO rolecall_owner', made);
    EXECUTE format('REVOKE ALL ON FUNCTION rolecall.%s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION rolecall.%s TO rolecall_service', made);
  END LOOP;
END
$$;
