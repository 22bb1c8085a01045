import postgres from 'postgres';
import * as v from 'valibot';
import { type DatabaseInspection, type Inspector, Unreachable } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import { DEADLINE_MS, sqlStateOf, withDeadline } from './client.ts';
import { migrationMakes } from './migrate.ts';

/** Reads of the catalogue, and what the worker's role may read of ours: it works where our own functions are not yet. */
export function postgresInspector(databaseUrl: string, now: () => number): Inspector {
  const connect = () =>
    postgres(databaseUrl, {
      max: 1,
      connect_timeout: 10,
      fetch_types: false,
      prepare: false,
      onnotice: () => undefined,
      connection: { application_name: 'rolecall doctor' },
    });
  const [sql, beside] = [connect(), connect()];
  const ask = async <Schema extends v.GenericSchema>(shape: Schema, text: string) => {
    // As JSON: the driver leaves arrays unread unless it asks for the types first.
    const query = `select coalesce(jsonb_agg(to_jsonb(q)), '[]') as rows from (${text}) as q`;
    const answer: readonly Record<string, unknown>[] = await answered(sql.unsafe(query).simple());
    return checked(v.array(shape), answer[0]?.['rows']);
  };
  const one = async <Schema extends v.GenericSchema>(shape: Schema, text: string) =>
    checked(shape, (await ask(shape, text))[0]);

  return {
    async database(): Promise<DatabaseInspection> {
      const asked = now();
      const { clock, ...connection } = await one(connectionRow, CONNECTION);
      const answeredAt = now();
      const backend = async () =>
        (await one(v.object({ pid: v.number() }), 'select pg_backend_pid() as pid')).pid;
      return {
        ...connection,
        clockAheadMs: Math.round((asked + answeredAt) / 2 - clock),
        pooling: await poolingOf(beside, backend),
        schema: {
          ...comparedToMigrations(await ask(thing, THINGS)),
          ...(await one(altered, ALTERED)),
        },
        logins: await ask(login, LOGINS),
        tables: await ask(table, TABLES),
      };
    },
    async end() {
      await Promise.all([sql.end({ timeout: 5 }), beside.end({ timeout: 5 })]);
    },
  };
}

/**
 * A pooler in transaction mode gives the backend of the last statement to whoever begins next; then the first one finds
 * itself with another.
 */
async function poolingOf(
  beside: postgres.Sql,
  backend: () => Promise<number>,
): Promise<DatabaseInspection['pooling']> {
  const first = await backend();
  try {
    return await answered(
      beside.begin(async (transaction) => {
        await transaction.unsafe('select').simple();
        return (await backend()) === first ? 'session' : 'transaction';
      }),
    );
  } catch {
    // Broken off, or waited for in vain; where it is the database that has gone, this says so.
    await backend();
    return 'statement';
  }
}

async function answered<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await withDeadline(query, DEADLINE_MS);
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable(reasonOf(error));
  }
}

function comparedToMigrations(things: readonly v.InferOutput<typeof thing>[]) {
  const there = new Set(things.map(({ kind, name }) => `${kind} ${name}`));
  const { migrations, made } = migrationMakes();
  const missing = new Map<number, string[]>();
  for (const [name, migration] of made) {
    if (!there.has(name)) missing.set(migration, [...(missing.get(migration) ?? []), name]);
  }
  return {
    exists: there.size > 0,
    migrations,
    missing: [...missing].map(([migration, names]) => ({ migration, names })),
  };
}

/** In words without an address or a user: URLs hold passwords. */
function reasonOf(error: unknown): string {
  const state = sqlStateOf(error);
  if (state !== null) return REFUSALS[state] ?? `it refused (${state})`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (
    FAILURES[code] ??
    (/CERT|SELF_SIGNED|UNABLE_TO|TLS/.test(code)
      ? `its certificate is not trusted (${code})`
      : 'it does not answer')
  );
}

const REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong',
  '28000': 'this login is not let in',
  '3D000': 'there is no database of this name',
  '42501': 'this login may not connect, or not read what it needs',
  '53300': 'it has no connection left',
  '57P03': 'it is starting or stopping',
};
const FAILURES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  ECONNREFUSED: 'nothing listens at its address',
  CONNECT_TIMEOUT: 'it does not answer in time',
};

const text = v.string();
const truth = v.boolean();

const connectionRow = v.object({
  version: v.number(),
  encoding: text,
  parametersLoggedBy: v.array(text),
  clock: v.number(),
  readOnly: truth,
  tls: truth,
  login: v.object({
    name: text,
    superuser: truth,
    bypassesRowSecurity: truth,
    isService: v.nullable(truth),
  }),
});

const CONNECTION = `
  select current_setting('server_version_num')::int as version,
         current_setting('server_encoding') as encoding,
         (select coalesce(jsonb_agg(concat(s.name, ' = ', current_setting(s.name)) order by s.name), '[]')
            from pg_settings as s
           where s.name = 'log_parameter_max_length_on_error' and s.setting <> '0'
              or current_setting('log_parameter_max_length') <> '0'
                 and (s.name = 'log_statement' and s.setting = 'all'
                      or s.name in ('log_min_duration_statement', 'log_min_duration_sample') and s.setting <> '-1'
                      or s.name = 'log_transaction_sample_rate' and s.setting <> '0')) as "parametersLoggedBy",
         (extract(epoch from clock_timestamp()) * 1000)::float8 as clock,
         pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as "readOnly",
         coalesce((select s.ssl from pg_stat_ssl as s where s.pid = pg_backend_pid()), false) as tls,
         (select jsonb_build_object(
            'name', r.rolname, 'superuser', r.rolsuper, 'bypassesRowSecurity', r.rolbypassrls,
            'isService', (select pg_has_role(current_user, s.oid, 'USAGE') from pg_roles as s where s.rolname = 'rolecall_service'))
            from pg_roles as r where r.rolname = current_user) as login`;

const thing = v.object({ kind: v.picklist(['table', 'view', 'function']), name: text });

const THINGS = `
  select case c.relkind when 'v' then 'view' else 'table' end as kind, c.relname::text as name
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
   where n.nspname = 'rolecall' and c.relkind in ('r', 'v')
  union
  select 'function', p.proname::text from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
   where n.nspname = 'rolecall'`;

const altered = v.object({ unpinned: v.array(text), unprotected: v.array(text) });

// Names in a body of standard SQL were looked up when it was made: where it has to become part of what calls it, it has
// no setting of its own.
const ALTERED = `
  select array(
           select p.proname::text from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
            where n.nspname = 'rolecall'
              and not coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)
              and not (p.prosqlbody is not null and p.proretset and not p.prosecdef)
            order by 1) as unpinned,
         array(
           select c.relname::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
            where n.nspname = 'rolecall' and c.relkind = 'r' and not c.relrowsecurity and c.relname <> 'migrations'
            order by 1) as unprotected`;

// Since Postgres 16 whoever creates a role is its administrator without having its rights: such a grant counts for
// nothing here. Postgres 15 lacks the two columns.
const HELD = `
  with recursive granted as (
    select m.member, m.roleid as role from pg_auth_members as m
     where coalesce((to_jsonb(m)->>'inherit_option')::boolean, true) or coalesce((to_jsonb(m)->>'set_option')::boolean, true)
  ), held as (
    select g.member, g.role from granted as g
    union
    select h.member, g.role from held as h join granted as g on g.member = h.role
  ), logins as (
    select r.oid, r.rolname::text as name, r.rolsuper as superuser,
           r.rolsuper or r.rolbypassrls or exists (
             select from held as h join pg_roles as b on b.oid = h.role
              where h.member = r.oid and (b.rolbypassrls or b.rolsuper)) as "bypassesRowSecurity",
           exists (select from held as h join pg_roles as s on s.oid = h.role
                    where h.member = r.oid and s.rolname = 'rolecall_subject') as "isSubject",
           exists (select from held as h join pg_roles as s on s.oid = h.role
                    where h.member = r.oid and s.rolname = 'rolecall_reader') as "isReader"
      from pg_roles as r
     where r.rolcanlogin and has_database_privilege(r.oid, current_database(), 'CONNECT'))`;

const login = v.object({
  name: text,
  superuser: truth,
  bypassesRowSecurity: truth,
  isSubject: truth,
  isReader: truth,
});

const LOGINS = `${HELD}
  select name, superuser, "bypassesRowSecurity", "isSubject", "isReader" from logins
   where "bypassesRowSecurity" or "isSubject" or "isReader" order by name`;

const table = v.object({
  name: text,
  asks: truth,
  enabled: truth,
  forced: truth,
  open: truth,
  owners: v.array(text),
});

const TABLES = `${HELD}, tables as (
    select c.oid, c.relowner, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
           exists (select from pg_policy as p
                    where p.polrelid = c.oid
                      and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ 'rolecall\\.')
             as asks,
           coalesce((select has_table_privilege(s.oid, c.oid, 'SELECT') and has_schema_privilege(s.oid, n.oid, 'USAGE')
                       from pg_roles as s where s.rolname = 'rolecall_subject'), false) as open
      from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname <> 'rolecall' and n.nspname <> 'information_schema'
       and n.nspname !~ '^pg_')
  select t.oid::regclass::text as name, t.asks, t.enabled, t.forced, t.open,
         array(select l.name from logins as l
                where l."isSubject" and not l.superuser
                  and (l.oid = t.relowner
                       or exists (select from held as h where h.member = l.oid and h.role = t.relowner))
                order by 1) as owners
    from tables as t where t.asks or t.open order by 1`;
