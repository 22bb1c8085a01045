import * as fc from 'fast-check';
import type { Sql } from 'postgres';
import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import type { Facts, MembershipFact, RoleKeyFact, ScopedRoles } from '../../../src/domain/facts.ts';
import { pairKey } from '../../../src/domain/ids.ts';
import { membershipId, organizationId, userId } from '../../domain/support/world.ts';

// Facts of one organization as they may be, also where nothing that was ever told would lead to them.

export const ACME = organizationId('org_acme');
// Languages put them in another order than code units do.
export const USERS = ['user_b', 'user_C', 'user_a', 'user_D'].map(userId);
export const TYPES = ['workspace', 'project', 'organization'];
export const PLACES = ['r1', 'r2', 'toString'];
const ROLES = ['viewer', 'editor', 'founder', 'ADMIN', 'GUEST', 'unheard'];
const FEATURES = ['beta', 'gamma', 'valueOf'];
export const PERMISSIONS = ['see', 'edit', 'a.b:c'];

const texts = fc
  .uniqueArray(
    fc
      .tuple(fc.constantFrom(...PERMISSIONS), fc.constantFrom('', '', ' own', ' assigned'))
      .map((parts) => parts.join('')),
    { maxLength: 4 },
  )
  .map((list) => list.sort());

const record = <Value>(keys: readonly string[], value: fc.Arbitrary<Value>) =>
  fc
    .tuple(...keys.map((key) => fc.option(value.map((one) => [key, one] as const))))
    .map((entries) => Object.fromEntries(entries.filter((entry) => entry !== null)));

// Half of them have no role but the organization's, which is what the short paths are for.
const scoped: fc.Arbitrary<ScopedRoles> = fc.oneof(
  fc.constant({}),
  record(TYPES, record(PLACES, fc.constantFrom(...ROLES))),
);
const role = fc.constantFrom(...ROLES);

const roleKey = fc.record({
  scope: fc.constantFrom('organization', 'organization', 'workspace', 'project'),
  grants: texts,
  featured: fc.oneof(fc.constant({}), record(FEATURES, texts)),
  cutoff: fc.option(fc.integer({ min: 1, max: 9 })),
});

const time = fc.integer({ min: 1, max: 4 });
const once = { weight: 5, arbitrary: fc.constant(null) };

const member = fc.record({
  role: fc.oneof({ weight: 9, arbitrary: role }, { weight: 1, arbitrary: fc.constant(null) }),
  scoped,
  ceiling: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.record({ role, scoped }), { minLength: 1, maxLength: 2 }) },
  ),
  contested: fc.constantFrom(false, false, false, true),
  seenAt: fc.oneof(once, { weight: 2, arbitrary: time }),
  absentAt: fc.oneof(once, { weight: 1, arbitrary: time }),
  deletedAt: fc.oneof(once, { weight: 1, arbitrary: time }),
  firstJoinedAt: fc.integer({ min: 1, max: 3 }),
  left: fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: record(ROLES, fc.integer({ min: 1, max: 9_999 })) },
  ),
});

const policy = fc.option(
  fc.record({
    scopes: record(['workspace', 'project'], fc.boolean()),
    firstMembers: fc.option(fc.record({ role, count: fc.integer({ min: 1, max: 3 }) }), { freq: 1 }),
  }),
);

export const world = fc.record({
  policy,
  roleKeys: record(
    ROLES.filter((key) => key !== 'unheard'),
    roleKey,
  ),
  features: fc.subarray(FEATURES),
  members: fc.tuple(...USERS.map(() => fc.option(member, { freq: 6 }))),
});
export type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

function compiled(of: World['policy']): CompiledPolicy | null {
  if (of === null) return null;
  const rest = { extendsProvider: false, roles: {}, readsOrganizations: true, exactlyOne: [] };
  return { ...rest, scopes: of.scopes, firstMembers: of.firstMembers };
}

/** As deriving under that policy leaves them: a role is only in the organization, or in a type that the policy has. */
function keysOf({ policy: of, roleKeys }: World): RoleKeyFact[] {
  const rest = { roleId: null, roleCreatedAt: null, bound: null, boundAt: null, provided: [] };
  return Object.entries(roleKeys).map(([key, { scope, ...sets }]) => ({
    key,
    ...rest,
    ...sets,
    scope: Object.hasOwn(of?.scopes ?? {}, scope) ? scope : 'organization',
  }));
}

export function factsOf(given: World): Facts {
  const memberships: MembershipFact[] = [];
  const members: Facts['members'] = new Map(
    given.members.flatMap((one, index) => {
      const user = USERS[index];
      if (one === null || user === undefined) return [];
      const { firstJoinedAt, left, ...row } = one;
      const id = membershipId(`mem_${user}`);
      const rest = { flaws: [], version: null, effectiveAt: null };
      memberships.push({ id, organizationId: ACME, userId: user, createdAt: 1, ...rest, ...row });
      const pair = {
        membershipId: id,
        membershipCreatedAt: 1,
        firstJoinedAt,
        cutoff: null,
        revocationAt: null,
        left,
      };
      return [[pairKey(ACME, user), { organizationId: ACME, userId: user, ...pair }]];
    }),
  );
  const organization = { name: null, version: null, agents: {}, flaws: [], deletedAt: null, cutoff: null };
  return {
    users: new Map(),
    organizations: new Map([[ACME, { id: ACME, ...organization, features: given.features }]]),
    roles: new Map(),
    roleKeys: new Map(keysOf(given).map((row) => [row.key, row])),
    permissions: new Map(),
    permissionKeys: new Map(),
    memberships: new Map(memberships.map((row) => [row.id, row])),
    members,
    sessions: new Map(),
    invitations: new Map(),
    policy: compiled(given.policy),
  };
}

/** In place of whatever was there. */
export async function storeFacts(sql: Sql, given: World, facts: Facts): Promise<void> {
  const { policy: of } = given;
  const scopes = Object.keys(of?.scopes ?? {});
  const reached = scopes.filter((type) => of?.scopes[type] === true);
  await sql.begin(async (tx) => {
    await tx`truncate rolecall.pairs, rolecall.memberships, rolecall.role_keys, rolecall.organizations`;
    await tx`
      update rolecall.active_policy set scopes = ${scopes}, reached = ${reached}, reads_organizations = ${of !== null},
        first_role = ${of?.firstMembers?.role ?? null}, first_count = ${of?.firstMembers?.count ?? 0}`;
    await tx`insert into rolecall.organizations (id, features) values (${ACME}, ${[...given.features]})`;
    for (const { key, scope, grants, featured, cutoff } of facts.roleKeys.values()) {
      await tx`
        insert into rolecall.role_keys (key, scope, grants, featured, cutoff)
        values (${key}, ${scope}, ${[...grants]}, ${tx.json(featured)}, ${cutoff})`;
    }
    for (const row of facts.memberships.values()) {
      await tx`
        insert into rolecall.memberships (id, organization_id, user_id, created_at, role, scoped, ceiling, contested, seen_at, absent_at, deleted_at)
        values (${row.id}, ${ACME}, ${row.userId}, 1, ${row.role}, ${tx.json(row.scoped)}, ${JSON.stringify(row.ceiling)}::text::jsonb,
                ${row.contested}, ${row.seenAt}, ${row.absentAt}, ${row.deletedAt})`;
    }
    for (const row of facts.members.values()) {
      await tx`
        insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at, left_roles)
        values (${ACME}, ${row.userId}, ${row.membershipId}, 1, ${row.firstJoinedAt}, ${tx.json(row.left)})`;
    }
  });
}
