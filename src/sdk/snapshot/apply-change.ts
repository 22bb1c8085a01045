import {
  type Copy,
  type Holding,
  holdingOf,
  memberKey,
  type Organization,
  organizationOf,
  type Role,
  roleOf,
} from './copy.ts';
import { type HeldByPlace, heldByPlace, heldOf, sameEverywhere } from './grant-table.ts';
import { grantedByRoles } from './held-by.ts';
import { SnapshotProblem, unreadable } from './problem.ts';
import type { MemberChange, SentChange } from './protocol.ts';
import { featuredOf } from './read-copy.ts';

const NOTHING_ANYWHERE: HeldByPlace = new Map();

/**
 * Makes the copy one change newer.
 * @returns `resync` where the copy is right, but will not stay so: a fresh one is needed before long.
 * @throws SnapshotProblem where it cannot be made newer.
 */
export function applyChange(copy: Copy, change: SentChange): 'applied' | 'resync' {
  // Revisions are the order of commits: what comes out of order, or twice, was not sent by Rolecall like this.
  if (change.revision <= copy.revision) throw unreadable('a change out of order');
  const cut = change.cutoff;
  if (cut !== null && cut !== undefined) raise(copy, cut);
  const outcome = apply(copy, change);
  copy.revision = change.revision;
  return outcome;
}

function apply(copy: Copy, change: SentChange): 'applied' | 'resync' {
  switch (change.kind) {
    case 'granted':
    case 'reduced':
    case 'removed':
    case 'withheld':
    case 'cut_off':
      applyToMember(copy, change);
      return 'applied';
    case 'suspended':
      if (copy.gone.get(change.user) !== 'deleted') copy.gone.set(change.user, 'suspended');
      return 'applied';
    case 'restored':
      if (copy.gone.get(change.user) === 'suspended') copy.gone.delete(change.user);
      return 'applied';
    case 'user_deleted':
      copy.gone.set(change.user, 'deleted');
      return 'applied';
    case 'session_ended':
      if (change.cutoff?.of !== 'session') throw unreadable('the end of a session that is not named');
      return 'applied';
    case 'password_changed':
      return 'applied';
    case 'organization_deleted': {
      const organization = organizationOf(copy, change.organization);
      for (const holding of organization.members.values()) copy.bounded.delete(holding);
      organization.members.clear();
      organization.agents = null;
      organization.deleted = true;
      return 'applied';
    }
    case 'features_changed': {
      const organization = organizationOf(copy, change.organization);
      organization.features = change.features.length === 0 ? null : change.features;
      return unbind(copy);
    }
    case 'agent_changed': {
      const organization = organizationOf(copy, change.organization);
      if (organization.deleted) return 'applied';
      organization.agents ??= new Map();
      if (change.permissions.length === 0) organization.agents.delete(change.agent);
      else organization.agents.set(change.agent, new Set(change.permissions.map((one) => one.permission)));
      return 'applied';
    }
    case 'role_changed': {
      const role = roleOf(copy, change.role);
      role.grants = heldOf(change.permissions);
      role.featured = featuredOf(change.featured);
      return unbind(copy);
    }
    case 'policy_changed':
      // Who the first members are and where roles hold may be another matter now, and no member was told of.
      throw new SnapshotProblem('policy_changed', 'another policy is active');
  }
}

function raise(copy: Copy, { of, id, at }: NonNullable<SentChange['cutoff']>): void {
  switch (of) {
    case 'session':
      return copy.endedSessions.raise(id, at);
    case 'member':
      return copy.memberCutoffs.raise(id, at);
    case 'user':
      return copy.userCutoffs.raise(id, at);
    case 'role': {
      const role = roleOf(copy, id);
      role.cutoff = Math.max(role.cutoff, at);
      return;
    }
    case 'organization': {
      const organization = organizationOf(copy, id);
      organization.cutoff = Math.max(organization.cutoff, at);
    }
  }
}

function applyToMember(copy: Copy, change: MemberChange): void {
  const organization = organizationOf(copy, change.organization);
  if (organization.deleted) return;
  const before = organization.members.get(change.user);
  const after = change.kind === 'removed' ? null : holdingTold(copy, organization, change);
  if (after === null) organization.members.delete(change.user);
  else organization.members.set(change.user, after);
  if (before === undefined) return;
  copy.bounded.delete(before);
  // A role's cutoff covers its holders: whoever leaves the role takes it along.
  const kept = after === null ? [] : rolesIn(after);
  for (const role of rolesIn(before)) {
    if (!kept.includes(role)) {
      copy.memberCutoffs.raise(memberKey(change.organization, change.user), role.cutoff);
    }
  }
}

/** The roles only, where the member holds just what these grant: then later changes of the roles reach them too. */
function holdingTold(copy: Copy, organization: Organization, change: MemberChange): Holding | null {
  if (change.role === null) return null;
  const scoped = change.roles.map(({ role, scope }) => ({ role: roleOf(copy, role), scope }));
  const holding = holdingOf(roleOf(copy, change.role), scoped);
  const told = heldByPlace(change.permissions);
  if (sameEverywhere(told, grantedByRoles(copy, organization, holding))) return holding;
  const bound = { ...holding, bound: told };
  copy.bounded.add(bound);
  return bound;
}

function rolesIn({ role, scoped }: Holding): Role[] {
  return [role, ...scoped.map((one) => one.role)];
}

/**
 * What bounds a member are other roles, waiting for the provider's word, and which is not told: once roles or features
 * have changed, nobody here knows what the bound has become. They hold nothing until a fresh snapshot says.
 */
function unbind({ bounded }: Copy): 'applied' | 'resync' {
  for (const holding of bounded) holding.bound = NOTHING_ANYWHERE;
  return bounded.size > 0 ? 'resync' : 'applied';
}
