import postgres, { type Sql } from 'postgres';
import { migrate } from '../src/store/postgres/migrate.ts';
import { startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';
import type { Figure } from './figure.ts';
import { middle } from './median.ts';

const MEMBERS = 100_000;
const ROWS = 1_000_000;
const TENANTS = 100;
const ROUNDS = 40;

/** What an app pays for asking in SQL: has_permission for a row by its key, a policy for a condition by hand. */
export async function sqlReading(): Promise<Figure[]> {
  const server = await startEmbeddedPostgres();
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined });
  try {
    await migrate(server.url);
    await fill(admin);
    return [...(await decisions(server.url)), ...(await rows(server.url))];
  } finally {
    await admin.end();
    await server.stop();
  }
}

async function fill(admin: Sql): Promise<void> {
  await admin`insert into rolecall.role_keys (key, grants) values ('org:member', '{invoices:read,invoices:write,org:sys_memberships:read}')`;
  await admin`insert into rolecall.users (id) select 'user_' || n from generate_series(1, ${MEMBERS}) as n`;
  await admin`insert into rolecall.organizations (id) select 'org_' || n from generate_series(0, ${TENANTS - 1}) as n`;
  await admin`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
    select 'orgmem_' || n, 'org_' || n % ${TENANTS}, 'user_' || n, 1, 'org:member', 1, 1, 1 from generate_series(1, ${MEMBERS}) as n`;
  await admin`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_' || n % ${TENANTS}, 'user_' || n, 'orgmem_' || n, 1, 1 from generate_series(1, ${MEMBERS}) as n`;
  await admin.unsafe(`
    create table invoices (id bigint primary key, organization_id text not null, amount integer not null, note text not null);
    insert into invoices select n, 'org_' || n % ${TENANTS}, n % 1000, 'Invoice ' || n || ', due at the end of the month' from generate_series(1, ${ROWS}) as n;
    create index on invoices (organization_id, id);
    alter table invoices enable row level security;
    create policy invoices_read on invoices for select to rolecall_subject
      using (organization_id = (select rolecall.my_organizations('invoices:read')));
    grant select on invoices to rolecall_subject;
    create role app_reader login password 'bench' in role rolecall_reader;
    create role app_subject login password 'bench' noinherit in role rolecall_subject;
    create role app_plain login password 'bench' bypassrls;
    grant select on invoices to app_reader, app_plain;
    alter role app_reader bypassrls`);
  await admin`vacuum analyze`;
}

function connect(server: string, user: string, prepare = true): Sql {
  const url = new URL(server);
  url.username = user;
  url.password = 'bench';
  return postgres(url.href, { max: 1, prepare, onnotice: () => undefined });
}

/** In turns, so that whatever else the machine does meets both; the middle of the rounds, in milliseconds a call. */
async function inTurns(calls: number, ...runs: ((n: number) => Promise<unknown>)[]): Promise<number[]> {
  const times = runs.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, run] of runs.entries()) {
      const from = performance.now();
      for (let call = 0; call < calls; call += 1) await run(1 + (((round * calls + call) * 7_919) % MEMBERS));
      if (round >= 3) times[index]?.push((performance.now() - from) / calls);
    }
  }
  return times.map(middle);
}

async function decisions(server: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [how, prepare] of [
    ['prepared', true],
    ['not prepared, as behind a pooler', false],
  ] as const) {
    const sql = connect(server, 'app_reader', prepare);
    const [ours = 0, yardstick = 0] = await inTurns(
      200,
      (n) =>
        sql`select rolecall.has_permission(${`user_${n}`}, ${`org_${n % TENANTS}`}, 'invoices:read') as has`,
      (n) => sql`select id, organization_id, amount, note from invoices where id = ${n}`,
    );
    await sql.end();
    figures.push({
      what: `has_permission, ${how}`,
      ours: `${Math.round(1_000 / ours).toLocaleString('en')}/s`,
      yardstick: `${Math.round(1_000 / yardstick).toLocaleString('en')}/s a row by its primary key`,
      ratio: Number((yardstick / ours).toFixed(2)),
    });
  }
  return figures;
}

const QUERIES = [
  ['all rows of a tenant, added up', 'select count(*), sum(amount) from invoices', ''],
  ['a page of 50, latest first', 'select * from invoices', ' order by id desc limit 50'],
] as const;

/** The same query in an open transaction: of a user, behind the policy; of a role that no policy holds, with a condition. */
async function rows(server: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  const subject = connect(server, 'app_subject');
  const plain = connect(server, 'app_plain');
  const now = Math.floor(Date.now() / 1_000);
  const claims = JSON.stringify({
    v: 2,
    sub: 'user_7',
    sid: 'sess_7',
    iat: now,
    sts: 'active',
    o: { id: 'org_7' },
  });
  for (const [what, query, rest] of QUERIES) {
    await subject.begin(async (policed) => {
      await policed`select set_config('role', 'rolecall_subject', true), set_config('request.jwt.claims', ${claims}, true)`;
      await plain.begin(async (open) => {
        const [ours = 0, yardstick = 0] = await inTurns(
          5,
          () => policed.unsafe(query + rest, [], { prepare: true }),
          () => open.unsafe(`${query} where organization_id = $1${rest}`, ['org_7'], { prepare: true }),
        );
        figures.push({
          what: `${ROWS.toLocaleString('en')} rows behind a policy: ${what}`,
          ours: `${ours.toFixed(2)} ms`,
          yardstick: `${yardstick.toFixed(2)} ms with the condition by hand`,
          ratio: Number((ours / yardstick).toFixed(2)),
        });
      });
    });
  }
  await Promise.all([subject.end(), plain.end()]);
  return figures;
}
