import postgres, { type Sql } from 'postgres';
import { tablesOf } from './fingerprint.ts';
import type { Stage } from './stage.ts';

export interface SqlReport {
  readonly count: number;
  readonly found: readonly string[];
}

const NOT_ALLOWED = '42501';
/** Of what is no claim, no time, no text: asked in vain, and never let in. */
const REFUSED = new Set([
  NOT_ALLOWED,
  '22P02',
  '22021',
  '22P05',
  '22007',
  '42883',
  '42P01',
  '22023',
  '25006',
]);

/** Claims of a user of the other tenant, or of nobody, or that are none. */
const seconds = () => Math.floor(Date.now() / 1_000);
const CLAIMS: readonly unknown[] = [
  { sub: 'user_ada', o: { id: 'org_rival' } },
  { sub: 'user_ada', o: { id: 'org_acme' }, org_id: 'org_rival' },
  { sub: ['user_rex'], o: { id: 'org_rival' } },
  { sub: 'user_rex', o: { id: 'org_rival' }, sts: 'pending' },
  { sub: 'user_rex', o: { id: 'org_rival' }, iat: null },
  { sub: 'user_rex', o: { id: 'org_rival' }, iat: 'now' },
  { sub: 'user_rex', o: { id: 'org_rival' }, iat: -1 },
  { sub: 'user_rex', o: { id: 'org_rival' }, iat: 1e300 },
  { sub: 'user_rex', o: { id: 'org_rival' }, sid: null },
  { sub: 'user_rex', o: { id: 'org_rival' }, sid: '' },
  { sub: 'user_rex', o: 'org_rival' },
  { sub: "user_rex' or '1'='1", o: { id: 'org_rival' } },
  { sub: '', o: { id: '' } },
  { role: 'rolecall_service', sub: 'user_rex' },
  [],
  null,
  'user_rex',
];
const TEXTS = [
  '',
  'null',
  '{',
  '[]',
  '{"sub":"user_rex\\u0000"}',
  '{"sub":"\\ud800"}',
  '{"sub":1e999}',
  '\u{1f600}',
];

/** Text that would end what it stands in. */
const INJECTIONS = [
  "'; drop table rolecall.memberships; --",
  "user_ada' or '1'='1",
  '%',
  '_',
  '{org:sys_memberships:manage}',
  '$1',
  '\\',
  '',
];

/** Tries everything that the logins of apps and of their users have no right to, table by table. */
export async function attackSql(stage: Stage): Promise<SqlReport> {
  const found: string[] = [];
  let count = 0;
  const tables = await tablesOf(stage.sql);
  const columns = await stage.sql<{ table: string; column: string }[]>`
    select c.relname as table, min(a.attname::text) as column from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 group by 1`;
  const columnOf = new Map(columns.map(({ table, column }) => [table, column]));
  const internal = await stage.sql<{ signature: string; args: number }[]>`
    select p.oid::regprocedure::text as signature, p.pronargs as args from pg_proc p
     where p.pronamespace = 'rolecall'::regnamespace and p.prorettype <> 'trigger'::regtype
       and p.proname not in ('i_can', 'my_organizations', 'my_user_id',
                             'my_organization_id', 'my_scopes', 'has_permission', 'organizations_with',
                             'token_is_current', 'revision')`;

  const login = (url: string) => postgres(url, { max: 1, onnotice: () => undefined });
  const reader = login(stage.logins.reader);
  await stage.sql.unsafe(`create role attack_subject login password 'attack'`);
  await stage.sql.unsafe('grant rolecall_subject to attack_subject');
  const url = new URL(stage.databaseUrl);
  url.username = 'attack_subject';
  url.password = 'attack';
  const subject = login(url.href);

  /** Whatever is not refused was found. */
  const refused = async (who: string, own: Sql, statement: string): Promise<void> => {
    count += 1;
    try {
      await own.unsafe(statement);
      found.push(`${who} was let do: ${statement}`);
    } catch (error) {
      if (!REFUSED.has(codeOf(error))) found.push(`${who} got ${codeOf(error)} for: ${statement}`);
    }
  };
  const no = async (who: string, own: Sql, statement: string, values: readonly (string | null)[]) => {
    count += 1;
    try {
      const rows = await own.unsafe<{ yes: boolean | null }[]>(statement, [...values]);
      if (rows.some(({ yes }) => yes !== false))
        found.push(`${who} got a yes to: ${statement} ${String(values)}`);
    } catch (error) {
      if (!REFUSED.has(codeOf(error))) found.push(`${who} got ${codeOf(error)} for: ${statement}`);
    }
  };

  try {
    for (const [who, own] of [
      ['a reader', reader],
      ['a subject', subject],
    ] as const) {
      for (const table of tables) {
        const column = columnOf.get(table) ?? 'id';
        for (const statement of [
          `select * from rolecall.${table}`,
          `select count(*) from rolecall.${table}`,
          `insert into rolecall.${table} default values`,
          `update rolecall.${table} set "${column}" = "${column}"`,
          `delete from rolecall.${table}`,
          `truncate rolecall.${table}`,
          `alter table rolecall.${table} disable row level security`,
          `drop table rolecall.${table}`,
          `copy rolecall.${table} to stdout`,
          `do $$ begin lock table rolecall.${table} in access exclusive mode; end $$`,
          `create trigger t after insert on rolecall.${table} execute function suppress_redundant_updates_trigger()`,
        ])
          await refused(who, own, statement);
      }
      for (const { signature, args } of internal) {
        const name = signature.slice(0, signature.indexOf('('));
        await refused(who, own, `select ${name}(${Array.from({ length: args }, () => 'null').join(', ')})`);
      }
      for (const statement of [
        'set role rolecall_service',
        'set role postgres',
        'set session authorization postgres',
        'create table rolecall.mine (x int)',
        'create function rolecall.mine() returns int language sql as $$ select 1 $$',
        `grant rolecall_service to ${who === 'a reader' ? 'rolecall_app' : 'attack_subject'}`,
        'alter role rolecall_service superuser',
        'create or replace view rolecall.members as select 1',
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
      ])
        await refused(who, own, statement);
    }
    for (const user of ['user_ada', 'user_bob', ...INJECTIONS]) {
      for (const permission of ['org:sys_memberships:manage', 'org:rival:act', ...INJECTIONS]) {
        await no('a reader', reader, 'select rolecall.has_permission($1, $2, $3) as yes', [
          user,
          'org_rival',
          permission,
        ]);
      }
    }
    const claims = [
      ...CLAIMS.map((one) =>
        JSON.stringify(
          typeof one === 'object' && one !== null && !Array.isArray(one)
            ? { sid: 'sess_attack', iat: seconds(), sts: 'active', ...one }
            : one,
        ),
      ),
      ...TEXTS,
    ];
    for (const claim of claims) {
      for (const question of [
        `select rolecall.i_can('org:sys_memberships:manage', 'org_rival') as yes`,
        `select rolecall.i_can('org:rival:act', 'org_rival') as yes`,
        `select exists (select from rolecall.my_organizations('org:sys_memberships:manage') o where o = 'org_rival') as yes`,
      ]) {
        count += 1;
        try {
          const rows = await subject.begin(async (tx) => {
            await tx`select set_config('request.jwt.claims', ${claim}, true)`;
            return tx.unsafe<{ yes: boolean | null }[]>(question);
          });
          if (rows.some(({ yes }) => yes !== false)) found.push(`claims ${claim} got a yes to: ${question}`);
        } catch (error) {
          if (!REFUSED.has(codeOf(error)))
            found.push(`claims ${claim} got ${codeOf(error)} for: ${question}`);
        }
      }
    }
    // A function of one's own in the way of ours.
    await refused('a subject', subject, 'create schema mine');
  } finally {
    await Promise.all([reader.end(), subject.end()]);
    await stage.sql.unsafe('drop role attack_subject');
  }
  return { count, found };
}

function codeOf(error: unknown): string {
  return error instanceof postgres.PostgresError ? error.code : String(error);
}
