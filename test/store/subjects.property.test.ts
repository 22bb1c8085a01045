import * as fc from 'fast-check';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../setup/fresh-database.ts';
import { ACME, factsOf, PERMISSIONS, storeFacts, USERS, world } from './support/random-facts.ts';
import { storeSurroundings, surroundings } from './support/random-surroundings.ts';

// What a subject is told of itself is what a reader is told of it, if its token is current: for whatever facts.

let database: Awaited<ReturnType<typeof freshDatabase>>;
let sql: Sql;
beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** The second that a token is of. The cutoffs of these worlds lie within the first ten. */
const issuedAt = fc.constantFrom(0, 2, 4, 6, 8, 10, 10);
const sessions = fc.tuple(
  ...USERS.map(() =>
    fc.option(fc.record({ user: fc.constantFrom(...USERS), endedAt: fc.constantFrom(null, null, 5) }), {
      freq: 2,
    }),
  ),
);

const RARE = [
  ...(['features', 'elsewhere', 'scoped', 'ceiling', 'left', 'contested', 'gone'] as const),
  ...(['users', 'pairs', 'organization', 'sessions'] as const),
];
type Rare = (typeof RARE)[number];

/** Who is known by a short path differs from who is not by one thing: so there is little in each of these worlds that is rare. */
const nearlyPlain = fc
  .tuple(world, surroundings, sessions, fc.subarray(RARE, { maxLength: 2 }))
  .map(([given, more, rows, rare]) => {
    const or = <T>(kind: Rare, value: T, plain: T): T => (rare.includes(kind) ? value : plain);
    const keys = Object.entries(given.roleKeys).map(([key, of]) => {
      const [featured, scope] = [or('features', of.featured, {}), or('elsewhere', of.scope, 'organization')];
      return [key, { ...of, featured, scope }] as const;
    });
    const members = given.members.map((one) =>
      one === null
        ? null
        : {
            ...one,
            scoped: or('scoped', one.scoped, {}),
            ceiling: or('ceiling', one.ceiling, []),
            left: or('left', one.left, {}),
            contested: or('contested', one.contested, false),
            absentAt: or('gone', one.absentAt, null),
            deletedAt: or('gone', one.deletedAt, null),
          },
    );
    return {
      world: {
        ...given,
        roleKeys: Object.fromEntries(keys),
        members,
      },
      surroundings: {
        users: more.users.map((one) => or('users', one, null)),
        pairs: more.pairs.map((one) => or('pairs', one, null)),
        organization: or('organization', more.organization, { deletedAt: null, cutoff: null }),
        roles: more.roles,
      },
      sessions: rows.map((one) => or('sessions', one, null)),
    };
  });

async function storeSessions(
  rows: readonly ({ user: string; endedAt: number | null } | null)[],
): Promise<void> {
  await sql`truncate rolecall.sessions`;
  for (const [index, row] of rows.entries()) {
    if (row === null) continue;
    await sql`insert into rolecall.sessions (id, user_id, ended_at) values (${`sess_${USERS[index] ?? ''}`}, ${row.user}, ${row.endedAt})`;
  }
}

test('i_can and my_organizations are has_permission with a token that is current, whatever the facts and the policy', {
  timeout: 120_000,
}, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(nearlyPlain, issuedAt, async (given, iat) => {
      const facts = factsOf(given.world);
      await storeFacts(sql, given.world, facts);
      await storeSurroundings(sql, facts, given.surroundings);
      await storeSessions(given.sessions);
      for (const user of USERS) {
        const session = `sess_${user}`;
        const claims = JSON.stringify({ v: 2, sub: user, sid: session, iat, sts: 'active', o: { id: ACME } });
        await sql`select set_config('request.jwt.claims', ${claims}, false)`;
        const answers = await sql`
          select rolecall.i_can(p.permission, ${ACME}, r.owner, r.type, r.id) as can,
                 exists (select from rolecall.my_organizations(p.permission) as o where o = ${ACME}) as mine,
                 rolecall.has_permission(${user}, ${ACME}, p.permission, r.owner, r.type, r.id) as has,
                 rolecall.has_permission(${user}, ${ACME}, p.permission) as outright,
                 rolecall.token_is_current(${user}, ${ACME}, ${session}, to_timestamp(${iat})) as current
            from unnest(${[...PERMISSIONS, 'see own']}::text[]) as p(permission),
                 (values (null, null, null), (${user}, null, null), ('user_x', null, null),
                         (${user}, 'workspace', 'r1')) as r(owner, type, id)`;
        for (const { can, mine, has, outright, current } of answers) {
          expect([can, mine]).toEqual([has && current, outright && current]);
          seen.add(`${has ? 'held' : 'not held'}, ${current ? 'current' : 'cut off'}`);
        }
      }
    }),
    { numRuns: Number(process.env['ROLECALL_PROPERTY_RUNS'] ?? 100), includeErrorInReport: true },
  );
  // Worlds in which nobody holds anything, or no token is cut off, would prove nothing.
  expect(seen.size).toBe(4);
});
