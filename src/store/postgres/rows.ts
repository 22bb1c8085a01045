import * as v from 'valibot';
import type { CompiledPolicy } from '../../domain/compiled-policy.ts';
import type { Facts } from '../../domain/facts.ts';
import {
  isMembershipId,
  isOrganizationId,
  isUserId,
  type MembershipId,
  type OrganizationId,
  pairKey,
  type UserId,
} from '../../domain/ids.ts';

import { compiledPolicy } from './policy-rows.ts';

/** The rows of `rolecall.read_facts`, checked: a database of another version must not be taken at its word. */

const time = v.nullable(v.number());
const version = v.nullable(v.object({ updatedAt: v.number(), at: v.number() }));
const texts = v.array(v.string());
const rowVersion = v.number();
const scoped = v.record(v.string(), v.record(v.string(), v.string()));
const organizationId = v.custom<OrganizationId>(isOrganizationId);
const userId = v.custom<UserId>(isUserId);
const membershipId = v.custom<MembershipId>(isMembershipId);

/** A kind of row that was not asked for is not there. */
const rowsOf = <Row extends v.GenericSchema>(row: Row) => v.optional(v.array(row), []);

const rows = v.object({
  users: rowsOf(
    v.object({
      id: userId,
      version,
      suspended: v.boolean(),
      passwordChangedAt: time,
      deletedAt: time,
      cutoff: time,
      rowVersion,
    }),
  ),
  organizations: rowsOf(
    v.object({
      id: organizationId,
      name: v.nullable(v.string()),
      version,
      features: texts,
      agents: v.record(v.string(), texts),
      flaws: texts,
      deletedAt: time,
      cutoff: time,
      rowVersion,
    }),
  ),
  roles: rowsOf(
    v.object({
      id: v.string(),
      key: v.nullable(v.string()),
      name: v.nullable(v.string()),
      description: v.nullable(v.string()),
      permissions: texts,
      createdAt: time,
      version,
      deletedAt: time,
      rowVersion,
    }),
  ),
  roleKeys: rowsOf(
    v.object({
      key: v.string(),
      roleId: v.nullable(v.string()),
      roleCreatedAt: time,
      bound: v.nullable(texts),
      boundAt: time,
      provided: texts,
      scope: v.string(),
      grants: texts,
      featured: v.record(v.string(), texts),
      cutoff: time,
      rowVersion,
    }),
  ),
  permissions: rowsOf(
    v.object({ id: v.string(), key: v.nullable(v.string()), createdAt: time, deletedAt: time, rowVersion }),
  ),
  permissionKeys: rowsOf(
    v.object({
      key: v.string(),
      permissionId: v.string(),
      permissionCreatedAt: v.number(),
      deletedAt: time,
      rowVersion,
    }),
  ),
  memberships: rowsOf(
    v.object({
      id: membershipId,
      organizationId: v.nullable(organizationId),
      userId: v.nullable(userId),
      createdAt: time,
      role: v.nullable(v.string()),
      scoped,
      ceiling: v.array(v.object({ role: v.string(), scoped })),
      flaws: texts,
      contested: v.boolean(),
      version,
      effectiveAt: time,
      seenAt: time,
      absentAt: time,
      deletedAt: time,
      rowVersion,
    }),
  ),
  members: rowsOf(
    v.object({
      organizationId,
      userId,
      membershipId,
      membershipCreatedAt: v.number(),
      firstJoinedAt: v.number(),
      cutoff: time,
      revocationAt: time,
      left: v.record(v.string(), v.number()),
      rowVersion,
    }),
  ),
  sessions: rowsOf(v.object({ id: v.string(), userId, endedAt: time, rowVersion })),
  invitations: rowsOf(
    v.object({
      id: v.string(),
      organizationId,
      email: v.nullable(v.string()),
      role: v.string(),
      scoped,
      inviterId: v.nullable(userId),
      inviterRole: v.nullable(v.string()),
      status: v.picklist(['pending', 'accepted', 'revoked', 'expired']),
      createdAt: v.number(),
      expiresAt: time,
      version: v.object({ updatedAt: v.number(), at: v.number() }),
      rowVersion,
    }),
  ),
});

export const reading = v.object({
  catalogVersion: v.number(),
  providerInstance: v.nullable(v.string()),
  policyDigest: v.nullable(v.string()),
  /** Only where the reading did not name it as known. */
  policy: v.nullable(compiledPolicy),
  deliveries: v.array(v.object({ id: v.string(), sha256: v.string() })),
  facts: rows,
});

export type FactTable = Exclude<keyof Facts, 'policy'>;

/** Row versions by table and key, in one flat map. */
export function versionKey(table: FactTable, key: string): string {
  return `${table} ${key}`;
}

export function factsFromRows(
  read: v.InferOutput<typeof rows>,
  policy: CompiledPolicy | null,
): {
  readonly facts: Facts;
  readonly rowVersions: Map<string, number>;
} {
  const rowVersions = new Map<string, number>();
  const by = <Row extends { readonly rowVersion: number }>(
    table: FactTable,
    list: readonly Row[],
    keyOf: (row: Row) => string,
  ): Map<string, Row> => {
    for (const row of list) rowVersions.set(versionKey(table, keyOf(row)), row.rowVersion);
    return new Map(list.map((row) => [keyOf(row), row]));
  };
  const facts: Facts = {
    users: by('users', read.users, (row) => row.id),
    organizations: by('organizations', read.organizations, (row) => row.id),
    roles: by('roles', read.roles, (row) => row.id),
    roleKeys: by('roleKeys', read.roleKeys, (row) => row.key),
    permissions: by('permissions', read.permissions, (row) => row.id),
    permissionKeys: by('permissionKeys', read.permissionKeys, (row) => row.key),
    memberships: by('memberships', read.memberships, (row) => row.id),
    members: by('members', read.members, (row) => pairKey(row.organizationId, row.userId)),
    sessions: by('sessions', read.sessions, (row) => row.id),
    invitations: by('invitations', read.invitations, (row) => row.id),
    policy,
  };
  return { facts, rowVersions };
}
