import type { Change } from '../changes.ts';
import { Draft } from '../draft.ts';
import type { Consequences, OwedEffect } from '../effects.ts';
import type { Evidence } from '../evidence.ts';
import type { Facts } from '../facts.ts';
import { CLOCK_TOLERANCE_MS, type Context, type Outcome, type Verdict, verdict } from './context.ts';
import { heldBefore, holdersOwed } from './holders-owed.ts';
import { decideInvitation } from './invitation.ts';
import { decideMembership } from './membership.ts';
import { decideMembershipAbsent, decideMembershipDeleted } from './membership-gone.ts';
import { decideOrganization, decideOrganizationDeleted } from './organization.ts';
import { decidePermission, decidePermissionDeleted } from './permission.ts';
import { decideRole, decideRoleDeleted } from './role.ts';
import { decideSession, decideSessionEnded } from './session.ts';
import { decideUser, decideUserDeleted } from './user.ts';

/** One thing that arrived, with all it says. `repeated` marks replays and retries: their gains are never believed at once. */
export interface Item {
  readonly evidence: readonly Evidence[];
  /** What to ask the provider besides: of a message that names somebody but cannot be read. */
  readonly questions: readonly OwedEffect[];
  /** Learnt by asking: an answer is never late. */
  readonly observed: boolean;
  readonly repeated: boolean;
}

/** What became of one item, and what it moved. */
export interface Decided {
  readonly verdict: Verdict;
  readonly changes: readonly Change[];
  readonly effects: readonly OwedEffect[];
}

export interface Decision {
  /** One for each item, in order. */
  readonly items: readonly Decided[];
  /** The rows to write, and the rows whose change since the reading would make this decision wrong. */
  readonly draft: Draft;
}

/**
 * From what is known and what arrived to what is true now. Pure: no I/O, no clock, no chance. Items are taken in the
 * given order, each on what the ones before it left; any other order ends in the same truth once owed lookups are
 * answered (rule 10).
 */
export function decide(
  facts: Facts,
  items: readonly Item[],
  settings: { readonly now: number; readonly consequences: Consequences },
): Decision {
  const draft = new Draft(facts);
  const decided = items.map((item) => {
    const [changes, effects] = [draft.changes.length, draft.effects.length];
    draft.effects.push(...item.questions);
    const verdicts = item.evidence.map((evidence) => decideOne(draft, evidence, item, settings));
    return {
      verdict: verdicts.reduce(weightier, verdict('ignored', 'not_kept')),
      changes: draft.changes.slice(changes),
      effects: draft.effects.slice(effects),
    };
  });
  const before = heldBefore(facts, draft);
  const withHolders = decided.map((one) => ({
    ...one,
    effects: [...one.effects, ...holdersOwed(before, one.changes, settings.consequences)],
  }));
  return { items: withHolders, draft };
}

function decideOne(
  draft: Draft,
  evidence: Evidence,
  item: Item,
  settings: { readonly now: number; readonly consequences: Consequences },
): Verdict {
  const { at, latestAt } = timesOf(evidence);
  if (latestAt > settings.now + CLOCK_TOLERANCE_MS) {
    draft.effects.push(...questionsAbout(evidence));
    return verdict('failed', 'timestamp_in_future');
  }
  const late = item.repeated || (!item.observed && settings.now - at > CLOCK_TOLERANCE_MS);
  return applyEvidence(draft, evidence, { now: settings.now, late, consequences: settings.consequences });
}

function applyEvidence(draft: Draft, evidence: Evidence, context: Context): Verdict {
  switch (evidence.kind) {
    case 'membership':
      return decideMembership(draft, evidence, context);
    case 'membership-deleted':
      return decideMembershipDeleted(draft, evidence, context);
    case 'membership-absent':
      return decideMembershipAbsent(draft, evidence, context);
    case 'user':
      return decideUser(draft, evidence, context);
    case 'user-deleted':
      return decideUserDeleted(draft, evidence, context);
    case 'organization':
      return decideOrganization(draft, evidence, context);
    case 'organization-deleted':
      return decideOrganizationDeleted(draft, evidence);
    case 'role':
      return decideRole(draft, evidence, context);
    case 'role-deleted':
      return decideRoleDeleted(draft, evidence);
    case 'permission':
      return decidePermission(draft, evidence, context);
    case 'permission-deleted':
      return decidePermissionDeleted(draft, evidence);
    case 'invitation':
      return decideInvitation(draft, evidence);
    case 'session':
      return decideSession(draft, evidence);
    case 'session-ended':
      return decideSessionEnded(draft, evidence);
  }
}

function timesOf(evidence: Evidence): { readonly at: number; readonly latestAt: number } {
  if (!('version' in evidence)) return { at: evidence.at, latestAt: evidence.at };
  const { updatedAt, at } = evidence.version;
  return { at, latestAt: Math.max(updatedAt, at) };
}

/** What to ask the provider when a delivery names somebody but cannot be believed. */
export function questionsAbout(evidence: Evidence): OwedEffect[] {
  switch (evidence.kind) {
    case 'membership':
      return [lookupMember(evidence)];
    case 'membership-deleted':
      return evidence.identity === null ? [] : [lookupMember(evidence.identity)];
    case 'user':
    case 'user-deleted':
      return [{ kind: 'lookup_user', userId: evidence.id }];
    case 'role':
    case 'role-deleted':
    case 'permission':
    case 'permission-deleted':
      return [{ kind: 'lookup_roles' }];
    case 'organization':
    case 'organization-deleted':
      return [{ kind: 'lookup_organization', organizationId: evidence.id }];
    case 'membership-absent':
    case 'invitation':
    case 'session':
    case 'session-ended':
      return [];
  }
}

function lookupMember(
  pair: Pick<Extract<OwedEffect, { kind: 'lookup_member' }>, 'organizationId' | 'userId'>,
) {
  return {
    kind: 'lookup_member',
    organizationId: pair.organizationId,
    userId: pair.userId,
  } satisfies OwedEffect;
}

const WEIGHT: readonly Outcome[] = ['ignored', 'stale', 'applied', 'held', 'failed'];

function weightier(a: Verdict, b: Verdict): Verdict {
  return WEIGHT.indexOf(b.outcome) > WEIGHT.indexOf(a.outcome) ? b : a;
}
