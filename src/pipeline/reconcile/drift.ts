import { holdingsOf, isAlive } from '../../domain/access.ts';
import { isBounded } from '../../domain/decide/role.ts';
import { Draft } from '../../domain/draft.ts';
import type {
  MembershipSnapshot,
  OrganizationSnapshot,
  RoleSnapshot,
  Snapshot,
  UserSnapshot,
} from '../../domain/evidence.ts';
import type { Facts, MemberFact, MembershipFact } from '../../domain/facts.ts';
import { sameHolding } from '../../domain/holding.ts';
import { pairKey } from '../../domain/ids.ts';
import { permissionSet, sameSet } from '../../domain/sets.ts';
import { compareVersions, createdLater, type Version } from '../../domain/version.ts';
import type { Drift } from '../ports.ts';

/**
 * How what the provider lists differs from what is held to be true; null where it does not, or where what is held is
 * newer. Also a later version that says the same differs: what older news says of the time between must not count.
 */
export function driftOf(facts: Facts, listed: Snapshot): Drift | null {
  switch (listed.kind) {
    case 'role':
      return ofRole(facts, listed);
    case 'organization':
      return ofOrganization(facts, listed);
    case 'user':
      return ofUser(facts, listed);
    case 'membership':
      return ofMembership(facts, listed);
  }
}

function ofRole(facts: Facts, said: RoleSnapshot): Drift | null {
  const known = facts.roles.get(said.id);
  if (known !== undefined && (known.deletedAt !== null || isBehind(said, known))) return null;
  const permissions = permissionSet(said.permissions.map(({ key }) => key));
  const agrees =
    known !== undefined &&
    said.key === known.key &&
    sameSet(permissions, known.permissions) &&
    isSameTime(said, known) &&
    !isBounded(new Draft(facts), said.id);
  if (agrees) return null;
  return {
    kind: 'wrong_definition',
    organizationId: null,
    userId: null,
    subject: said.id,
    ours: known?.version == null ? null : { key: known.key, permissions: known.permissions },
    theirs: { key: said.key, permissions },
  };
}

function ofOrganization(facts: Facts, said: OrganizationSnapshot): Drift | null {
  const known = facts.organizations.get(said.id);
  if (known !== undefined && (known.deletedAt !== null || isBehind(said, known))) return null;
  const { features, agents, flaws } = said.metadata;
  const theirs = { name: said.name, features, agents, flaws };
  const ours =
    known?.version == null
      ? null
      : { name: known.name, features: known.features, agents: known.agents, flaws: known.flaws };
  const agrees = known !== undefined && isSameTime(said, known) && sameText(ours, theirs);
  if (agrees) return null;
  return {
    kind: 'stale_organization',
    organizationId: said.id,
    userId: null,
    subject: said.id,
    ours,
    theirs,
  };
}

/** Of users nothing counts but whether they are suspended: the rest of them changes all day. */
function ofUser(facts: Facts, said: UserSnapshot): Drift | null {
  const known = facts.users.get(said.id);
  if (known !== undefined && (known.deletedAt !== null || isBehind(said, known))) return null;
  if ((known?.suspended ?? false) === said.suspended) return null;
  return {
    kind: 'wrong_suspension',
    organizationId: null,
    userId: said.id,
    subject: said.id,
    ours: { suspended: !said.suspended },
    theirs: { suspended: said.suspended },
  };
}

function ofMembership(facts: Facts, said: MembershipSnapshot): Drift | null {
  const known = facts.memberships.get(said.id);
  const owner = facts.members.get(pairKey(said.organizationId, said.userId));
  if (known !== undefined && !mayMove(known, said)) return null;
  if (owner !== undefined && owner.membershipId !== said.id && !isSuccessor(said, owner)) return null;
  const kind =
    known === undefined || owner?.membershipId !== said.id || !isAlive(known)
      ? 'missing'
      : differenceOf(known, said);
  if (kind === null) return null;
  const { role, scoped } = said;
  const held = known ?? (owner === undefined ? undefined : facts.memberships.get(owner.membershipId));
  return {
    kind,
    organizationId: said.organizationId,
    userId: said.userId,
    subject: said.id,
    ours: held === undefined ? null : { membership: held.id, role: held.role, scoped: held.scoped },
    theirs: { membership: said.id, role, scoped },
  };
}

/** Deleted is final; an absence that was seen later than this answer, and what is newer than it, stays. */
function mayMove(known: MembershipFact, said: MembershipSnapshot): boolean {
  if (known.deletedAt !== null || isBehind(said, known)) return false;
  return known.absentAt === null || said.version.at > known.absentAt;
}

function isSuccessor(said: MembershipSnapshot, owner: MemberFact): boolean {
  return createdLater(said, { createdAt: owner.membershipCreatedAt, id: owner.membershipId });
}

function differenceOf(
  known: MembershipFact,
  said: MembershipSnapshot,
): 'wrong_role' | 'stale_metadata' | null {
  const holdings = holdingsOf(known);
  if (holdings.some(({ role }) => role !== said.role)) return 'wrong_role';
  const agrees =
    holdings.every((held) => sameHolding(held, said)) &&
    holdings.length === 1 &&
    !known.contested &&
    sameSet(known.flaws, said.flaws) &&
    isSameTime(said, known);
  return agrees ? null : 'stale_metadata';
}

type Versioned = { readonly version: Version };
type Known = { readonly version: Version | null };

/** What is known is as new as the answer, or newer. */
function isBehind(said: Versioned, known: Known): boolean {
  return known.version !== null && compareVersions(said.version, known.version) <= 0;
}

function isSameTime(said: Versioned, known: Known): boolean {
  return known.version !== null && said.version.updatedAt === known.version.updatedAt;
}

function sameText(a: object | null, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
