import * as fc from 'fast-check';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grantText } from '../../src/domain/grant.ts';
import { pairKey } from '../../src/domain/ids.ts';
import { explainAccess } from '../../src/pipeline/operators/explain-access.ts';
import { postgresAuditStore } from '../../src/store/postgres/audit-store.ts';
import { postgresStatements, type Statements } from '../../src/store/postgres/client.ts';
import { emptyMemory } from '../../src/store/postgres/memory.ts';
import { postgresPolicyStore } from '../../src/store/postgres/policy-store.ts';
import { postgresStore } from '../../src/store/postgres/store.ts';
import { freshDatabase } from '../setup/fresh-database.ts';
import { ACME, factsOf, PERMISSIONS, storeFacts, USERS, world } from './support/random-facts.ts';
import { storeSurroundings, surroundings } from './support/random-surroundings.ts';

// What an explanation says is what the database answers, for whatever facts.

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

const GRANTED = ['granted_by_role', 'granted_by_feature'];

test('explanations answer what the database answers, and give a reason, whatever the facts and the policy', {
  timeout: 120_000,
}, async () => {
  const store = postgresStore(statements, emptyMemory());
  const audit = postgresAuditStore(statements);
  const policies = postgresPolicyStore(statements);
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(world, surroundings, async (given, more) => {
      const facts = factsOf(given);
      await storeFacts(sql, given, facts);
      await storeSurroundings(sql, facts, more);
      const { members } = await store.readStanding({
        members: USERS.map((user) => [ACME, user] as const),
        agents: [],
        sessions: [],
      });
      for (const user of USERS) {
        for (const permission of [...PERMISSIONS, 'see own', 'nobody.grants:this']) {
          const told = await explainAccess(
            { store, audit, policies },
            { organizationId: ACME, userId: user, permission },
          );
          const [row] = await sql`
            select rolecall.has_permission(${user}, ${ACME}, ${permission}) as held,
                   rolecall.cutoff_of(${user}, ${ACME})::int as cutoff,
                   (select role from rolecall.members where organization_id = ${ACME} and user_id = ${user}) as role`;
          expect([told.answer, told.role, told.cutoff]).toEqual([
            row?.['held'],
            row?.['role'],
            row?.['cutoff'] === null ? null : new Date(row?.['cutoff'] as number).toISOString(),
          ]);
          const standing = members.get(pairKey(ACME, user));
          expect([...told.permissions].sort()).toEqual((standing?.grants ?? []).map(grantText).sort());
          const codes = told.because.map(({ code }) => code);
          expect(codes.some((code) => GRANTED.includes(code))).toBe(told.answer);
          expect(codes.filter((code) => !code.startsWith('cutoff_')).length).toBeGreaterThan(0);
          for (const code of codes) seen.add(code);
        }
      }
    }),
    { numRuns: Number(process.env['ROLECALL_PROPERTY_RUNS'] ?? 30), includeErrorInReport: true },
  );
  // Worlds in which nobody is suspended, or everybody is, would prove nothing.
  expect([...seen]).toEqual(expect.arrayContaining(['granted_by_role', 'suspended', 'never_named']));
});
