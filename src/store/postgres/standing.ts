import * as v from 'valibot';
import { grantOf } from '../../domain/grant.ts';
import { isOrganizationId, isUserId, type OrganizationId, pairKey, type UserId } from '../../domain/ids.ts';
import type { Standing } from '../../pipeline/ports.ts';

const organizationId = v.custom<OrganizationId>(isOrganizationId);
const userId = v.custom<UserId>(isUserId);
const texts = v.array(v.string());

/** The answer of `rolecall.read_standing`. */
export const standing = v.object({
  revision: v.number(),
  scopes: texts,
  members: v.array(
    v.object({
      organizationId,
      userId,
      member: v.boolean(),
      role: v.nullable(v.string()),
      scoped: v.record(v.string(), v.record(v.string(), v.string())),
      suspended: v.boolean(),
      contested: v.boolean(),
      grants: texts,
      cutoff: v.nullable(v.number()),
    }),
  ),
  agents: v.array(v.object({ organizationId, agentId: v.string(), permissions: texts })),
  sessions: v.array(v.object({ id: v.string(), userId, ended: v.boolean() })),
});

export function standingFromRows(read: v.InferOutput<typeof standing>): Standing {
  return {
    revision: read.revision,
    scopes: read.scopes,
    members: new Map(
      read.members.map(({ organizationId, userId, role, scoped, grants, ...member }) => [
        pairKey(organizationId, userId),
        { ...member, role, roles: rolesOf(role, scoped), grants: grants.map(grantOf) },
      ]),
    ),
    agents: new Map(
      read.agents.map(({ organizationId, agentId, permissions }) => [
        `${organizationId}/${agentId}`,
        { permissions },
      ]),
    ),
    sessions: new Map(read.sessions.map(({ id, userId, ended }) => [id, { userId, ended }])),
  };
}

/** By type of resource and its id. */
export type ScopedRows = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function rolesOf(role: string | null, scoped: ScopedRows) {
  return role === null ? [] : [{ role, scope: null }, ...scopedRolesOf(scoped)];
}

export function scopedRolesOf(scoped: ScopedRows) {
  return Object.entries(scoped).flatMap(([type, roles]) =>
    Object.entries(roles).map(([id, role]) => ({ role, scope: { type, id } })),
  );
}
