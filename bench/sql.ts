import postgres, { type Fragment, type Sql, type TransactionSql } from 'postgres';
import { atLeast, atMost, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { fillMembers, organizationOf, userOf } from './members.ts';
import { startParts } from './parts.ts';
import { middle } from './quantiles.ts';

const TENANTS = 100;

interface Sizes {
  readonly members: number;
  readonly rows: number;
  readonly rounds: number;
}

/** What an app pays for asking in SQL: has_permission for a row by its key, a policy for a condition by hand. */
export async function sqlReading({ quick }: Effort): Promise<Figure[]> {
  const sizes: Sizes = quick
    ? { members: 1_000, rows: 10_000, rounds: 5 }
    : { members: 100_000, rows: 1_000_000, rounds: 40 };
  const parts = await startParts();
  try {
    await fillMembers(parts.sql, sizes.members, TENANTS);
    await fillInvoices(parts.sql, sizes.rows);
    return [...(await decisions(parts.database.url, sizes)), ...(await rows(parts.database.url, sizes))];
  } finally {
    await parts.stop();
  }
}

async function fillInvoices(admin: Sql, many: number): Promise<void> {
  await admin.unsafe(`
    create table invoices (id bigint primary key, organization_id text not null, amount integer not null, note text not null);
    insert into invoices select n, 'org_' || n % ${TENANTS}, n % 1000, 'Invoice ' || n || ', due at the end of the month' from generate_series(1, ${many}) as n;
    create index on invoices (organization_id, id);
    alter table invoices enable row level security;
    create policy invoices_read on invoices for select to rolecall_subject
      using (organization_id = (select rolecall.my_organizations('org:posts:read')));
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
async function inTurns(
  { members, rounds }: Sizes,
  calls: number,
  ...runs: ((n: number) => Promise<unknown>)[]
): Promise<number[]> {
  const times = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, run] of runs.entries()) {
      const from = performance.now();
      for (let call = 0; call < calls; call += 1) await run(((round * calls + call) * 7_919) % members);
      if (round >= 3) times[index]?.push((performance.now() - from) / calls);
    }
  }
  return times.map(middle);
}

async function decisions(server: string, sizes: Sizes): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [how, prepare] of [
    ['prepared', true],
    ['not prepared, as behind a pooler', false],
  ] as const) {
    const sql = connect(server, 'app_reader', prepare);
    const [ours = 0, yardstick = 0] = await inTurns(
      sizes,
      sizes.members < 100_000 ? 20 : 200,
      (n) =>
        sql`select rolecall.has_permission(${userOf(n)}, ${organizationOf(n, TENANTS)}, 'org:posts:read') as has`,
      (n) => sql`select id, organization_id, amount, note from invoices where id = ${n + 1}`,
    );
    await sql.end();
    figures.push({
      what: `has_permission, ${how}`,
      ours: `${count(1_000 / ours)}/s`,
      yardstick: `${count(1_000 / yardstick)}/s a row by its primary key`,
      ratio: ratioOf(yardstick, ours),
      better: 'higher',
      aim: atLeast(0.7, ratioOf(yardstick, ours)),
    });
  }
  return figures;
}

/** Each with a condition, or without one. All of them are prepared: the driver plans `unsafe` without parameters every time. */
const QUERIES: readonly (readonly [
  what: string,
  ask: (sql: TransactionSql, where: Fragment) => Promise<unknown>,
])[] = [
  [
    'all rows of a tenant, added up',
    (sql, where) => sql`select count(*), sum(amount) from invoices ${where}`,
  ],
  [
    'a page of 50, latest first',
    (sql, where) => sql`select * from invoices ${where} order by id desc limit 50`,
  ],
];

/** The same query in an open transaction: of a user, behind the policy; of a role that no policy holds, with a condition. */
async function rows(server: string, sizes: Sizes): Promise<Figure[]> {
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
  for (const [what, ask] of QUERIES) {
    await subject.begin(async (policed) => {
      await policed`select set_config('role', 'rolecall_subject', true), set_config('request.jwt.claims', ${claims}, true)`;
      await plain.begin(async (open) => {
        const [ours = 0, yardstick = 0] = await inTurns(
          sizes,
          5,
          () => ask(policed, policed``),
          () => ask(open, open`where organization_id = ${'org_7'}`),
        );
        figures.push({
          what: `${count(sizes.rows)} rows behind a policy: ${what}`,
          ours: `${ours.toFixed(2)} ms`,
          yardstick: `${yardstick.toFixed(2)} ms with the condition by hand`,
          ratio: ratioOf(ours, yardstick),
          better: 'lower',
          aim: atMost(1.3, ratioOf(ours, yardstick)),
        });
      });
    });
  }
  await Promise.all([subject.end(), plain.end()]);
  return figures;
}
