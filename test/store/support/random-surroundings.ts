import * as fc from 'fast-check';
import type { Sql } from 'postgres';
import type { Facts } from '../../../src/domain/facts.ts';
import { USERS } from './random-facts.ts';

// What readings join to the facts of `random-facts.ts`: users, deletions, cutoffs, and the policy they are under.

const time = fc.option(fc.integer({ min: 1, max: 9_999 }), { freq: 3 });
const rare = fc.oneof(
  { weight: 9, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
);

export const surroundings = fc.record({
  users: fc.tuple(
    ...USERS.map(() =>
      fc.option(
        fc.record({ suspended: fc.constantFrom(false, false, true), deletedAt: rare, cutoff: time }),
        {
          freq: 2,
        },
      ),
    ),
  ),
  pairs: fc.tuple(...USERS.map(() => time)),
  organization: fc.record({ deletedAt: rare, cutoff: time }),
  roles: fc.array(time, { minLength: 6, maxLength: 6 }),
});
type Surroundings = typeof surroundings extends fc.Arbitrary<infer S> ? S : never;

let versions = 0;

/** The policy as it would have been activated, and what readings join. */
export async function storeSurroundings(
  sql: Sql,
  facts: Facts,
  { users, pairs, organization, roles }: Surroundings,
): Promise<void> {
  versions += 1;
  const document = { name: 'a policy', scopes: [], permissions: {}, roles: {}, constraints: [], seats: {} };
  const digest = facts.policy === null ? null : `digest ${versions}`;
  await sql.begin(async (tx) => {
    if (facts.policy !== null) {
      await tx`
        insert into rolecall.policies (version, name, document, compiled, digest, applied_by, reason)
        values (${versions}, 'a policy', ${tx.json(document)}, ${JSON.stringify(facts.policy)}::text::jsonb, ${digest}, 'ann', '')`;
    }
    await tx`update rolecall.active_policy set version = ${facts.policy === null ? 0 : versions}, digest = ${digest}`;
    await tx`truncate rolecall.users`;
    for (const [index, one] of users.entries()) {
      if (one === null) continue;
      await tx`
        insert into rolecall.users (id, suspended, deleted_at, cutoff)
        values (${USERS[index] ?? ''}, ${one.suspended}, ${one.deletedAt}, ${one.cutoff})`;
    }
    for (const [index, at] of pairs.entries())
      await tx`update rolecall.pairs set cutoff = ${at} where user_id = ${USERS[index] ?? ''}`;
    await tx`update rolecall.organizations set deleted_at = ${organization.deletedAt}, cutoff = ${organization.cutoff}`;
    for (const [index, key] of [...facts.roleKeys.keys()].entries())
      await tx`update rolecall.role_keys set cutoff = ${roles[index] ?? null} where key = ${key}`;
  });
}
