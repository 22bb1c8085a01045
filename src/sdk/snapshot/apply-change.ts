import { type Copy, holdingOf, memberKey, membersOf, organizationOf, roleOf, rolesIn } from './copy.ts';
import { heldOf } from './grant-table.ts';
import { SnapshotProblem, unreadable } from './problem.ts';
import type { MemberChange, SentChange } from './protocol.ts';
import { featuredOf } from './read-copy.ts';

/**
 * Makes the copy one change newer.
 * @returns `renew` where it can answer on, but not everything: a fresh one is needed.
 * @throws SnapshotProblem where it cannot be made newer.
 */
export function applyChange(copy: Copy, change: SentChange): 'applied' | 'renew' {
  // Revisions are the order of commits: what comes out of order, or twice, was not sent by Rolecall like this.
  if (change.revision <= copy.revision) throw unreadable('a change out of order');
  const cut = change.cutoff;
  if (cut !== null && cut !== undefined) raise(copy, cut);
  const outcome = apply(copy, change);
  copy.revision = change.revision;
  return outcome;
}

function apply(copy: Copy, change: SentChange): 'applied' | 'renew' {
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
      copy.members.delete(change.organization);
      organization.agents = null;
      organization.deleted = true;
      return 'applied';
    }
    case 'features_changed': {
      const organization = organizationOf(copy, change.organization);
      organization.features = change.features.length === 0 ? null : change.features;
      return 'applied';
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
      role.scope = change.scope ?? role.scope;
      role.grants = heldOf(change.permissions);
      role.featured = featuredOf(change.featured);
      return 'applied';
    }
    case 'policy_changed':
      if (change.unsure === 'resources') {
        // Which roles anybody has in resources was told for the types of the policy before.
        copy.reaches = null;
        return 'renew';
      }
      // Who the first members are, and which role they have by that, may be another matter now: no member was told of.
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
  const { user, role } = change;
  if (copy.organizations.get(change.organization)?.deleted === true) return;
  if (change.suspended && !copy.gone.has(user)) copy.gone.set(user, 'suspended');
  const members = membersOf(copy, change.organization);
  const before = members.get(user);
  const after = change.kind === 'removed' || role === null ? null : holdingOf(copy, { ...change, role });
  if (after === null) members.delete(user);
  else members.set(user, after);
  if (before === undefined) return;
  // A role's cutoff covers its holders: whoever leaves the role takes it along.
  const kept = after === null ? [] : rolesIn(after);
  for (const left of rolesIn(before)) {
    if (!kept.includes(left)) copy.memberCutoffs.raise(memberKey(change.organization, user), left.cutoff);
  }
}
