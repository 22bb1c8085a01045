import * as fc from 'fast-check';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessOf } from '../../src/domain/access.ts';
import { Draft } from '../../src/domain/draft.ts';
import { coveredBy, type Grant, grantOf, grantText } from '../../src/domain/grant.ts';
import { pairKey } from '../../src/domain/ids.ts';
import { postgresStatements, type Statements } from '../../src/store/postgres/client.ts';
import { emptyMemory } from '../../src/store/postgres/memory.ts';
import { postgresStore } from '../../src/store/postgres/store.ts';
import { cutoffOf } from '../domain/support/reading.ts';
import { freshDatabase } from '../setup/fresh-database.ts';
import {
  ACME,
  factsOf,
  PERMISSIONS,
  PLACES,
  storeFacts,
  TYPES,
  USERS,
  world,
} from './support/random-facts.ts';

// What SQL answers is what the domain decides, for whatever facts.

let database: Awaited<ReturnType<typeof freshDatabase>>;
let sql: Sql;
let statements: Statements;

beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url, { max: 2, onnotice: () => undefined });
  statements = postgresStatements(database.url, { connections: 1 });
});
afterAll(async () => {
  await statements.end();
  await sql.end();
  await database.drop();
});

const words = (list: Iterable<string>) => [...list].sort();

/** By `rolecall.grants`, a row each: one that is there twice is one too many. */
async function granted(user: string): Promise<string[]> {
  const rows = await sql<
    { permission: string; only: Grant['only']; scope_type: string | null; scope_id: string }[]
  >`
    select permission, "only", scope_type, scope_id from rolecall.grants where organization_id = ${ACME} and subject_id = ${user}`;
  return words(
    rows.map(({ permission, only, scope_type: type, scope_id: id }) =>
      grantText({ permission, only, scope: type === null ? null : { type, id } }),
    ),
  );
}

async function asked(user: string, grants: readonly string[]): Promise<void> {
  const places: Grant['scope'][] = [
    null,
    ...TYPES.flatMap((type) => [...PLACES, '*', 'elsewhere'].map((id) => ({ type, id }))),
  ];
  const questions = places.flatMap((scope) =>
    PERMISSIONS.flatMap((permission) => [false, true].map((owns) => ({ permission, owns, scope }))),
  );
  const answers = await sql<{ held: boolean }[]>`
    select rolecall.has_permission(${user}, ${ACME}, q.permission, q.owner, q.type, q.id) as held
      from unnest(${questions.map((q) => q.permission)}::text[], ${questions.map((q) => (q.owns ? user : 'user_x'))}::text[],
                  ${questions.map((q) => q.scope?.type ?? null)}::text[], ${questions.map((q) => q.scope?.id ?? null)}::text[])
           with ordinality as q(permission, owner, type, id, place) order by q.place`;
  const covers = coveredBy(grants);
  const meant = questions.map(({ permission, owns, scope }) => {
    if (scope?.id === '*') return false;
    return covers(grantText({ permission, only: owns ? 'own' : null, scope }));
  });
  expect(answers.map(({ held }) => held)).toEqual(meant);
}

test('readers are told exactly what the domain derives, whatever the facts and the policy', {
  timeout: 120_000,
}, async () => {
  const read = postgresStore(statements, emptyMemory());
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const facts = factsOf(given);
      await storeFacts(sql, given, facts);
      const standing = await read.readStanding({
        members: USERS.map((user) => [ACME, user] as const),
        agents: [],
        sessions: [],
      });
      for (const user of USERS) {
        const access = accessOf(new Draft(facts), ACME, user);
        const told = standing.members.get(pairKey(ACME, user));
        expect([told?.member ?? false, told?.role ?? null]).toEqual([access.member, access.role]);
        expect(words((told?.grants ?? []).map(grantText))).toEqual(words(access.permissions));
        const cutoff = cutoffOf(facts, ACME, user);
        expect(told?.cutoff ?? null).toBe(cutoff);
        const [read] = await sql`select rolecall.cutoff_of(${user}, ${ACME})::int as cutoff`;
        expect(read?.['cutoff']).toBe(cutoff);
        expect(await granted(user)).toEqual(words(access.permissions));
        await asked(user, access.permissions);
        for (const permission of PERMISSIONS) {
          const where = await sql`select rolecall.organizations_with(${user}, ${permission}) as id`;
          expect(where.length).toBe(access.permissions.includes(permission) ? 1 : 0);
        }
        const outright = await sql<{ permission: string }[]>`
          select permission from rolecall.current_permissions where organization_id = ${ACME} and user_id = ${user}`;
        expect(words(outright.map(({ permission }) => permission))).toEqual(
          words(
            access.permissions.filter(
              (text) => grantText({ ...grantOf(text), only: null, scope: null }) === text,
            ),
          ),
        );
      }
    }),
    { numRuns: Number(process.env['ROLECALL_PROPERTY_RUNS'] ?? 60), includeErrorInReport: true },
  );
});
