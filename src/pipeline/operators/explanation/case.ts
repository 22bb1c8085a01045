import { type Access, accessOf, derivedRole, holdingsOf, isAlive, rolesIn } from '../../../domain/access.ts';
import { Draft } from '../../../domain/draft.ts';
import type { Facts, MemberFact, MembershipFact, OrganizationFact, UserFact } from '../../../domain/facts.ts';
import { type OrganizationId, pairKey, type UserId } from '../../../domain/ids.ts';
import type { ResolvedPolicy } from '../../../policy/resolved-policy.ts';
import type { PolicyRecord, Provenance } from '../../ports.ts';

export interface AccessQuestion {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  /** Null: what do they hold, and why? */
  readonly permission: string | null;
}

export type ActivePolicy = PolicyRecord & { readonly document: ResolvedPolicy };

/** Everything that an explanation is made of. */
export interface Case {
  readonly question: AccessQuestion;
  /** Only to be read. */
  readonly draft: Draft;
  readonly member: MemberFact | undefined;
  readonly membership: MembershipFact | undefined;
  readonly user: UserFact | undefined;
  readonly organization: OrganizationFact | undefined;
  /** The role of a first member. */
  readonly derived: string | null;
  /** By the membership alone: suspended users and deleted organizations are other facts. */
  readonly access: Access;
  readonly policy: ActivePolicy | null;
  readonly provenance: Provenance;
}

export function caseOf(
  question: AccessQuestion,
  facts: Facts,
  policy: ActivePolicy | null,
  provenance: Provenance,
): Case {
  const { organizationId, userId } = question;
  const draft = new Draft(facts);
  const member = facts.members.get(pairKey(organizationId, userId));
  return {
    question,
    draft,
    member,
    membership: member === undefined ? undefined : facts.memberships.get(member.membershipId),
    user: facts.users.get(userId),
    organization: facts.organizations.get(organizationId),
    derived: member === undefined ? null : derivedRole(draft, { organizationId, userId }),
    access: accessOf(draft, organizationId, userId),
    policy,
    provenance,
  };
}

/** Whether there is a living membership of a living user in a living organization. */
export function isStanding({ membership, user, organization }: Case): boolean {
  if (membership === undefined || !isAlive(membership)) return false;
  return (user?.deletedAt ?? null) === null && (organization?.deletedAt ?? null) === null;
}

/** Every role that a membership was told to hold, believed or waiting, in resources too. */
export function rolesTold(membership: MembershipFact | undefined): readonly string[] {
  if (membership === undefined) return [];
  const { role, scoped } = membership;
  const held = [...holdingsOf(membership).flatMap(rolesIn), ...rolesIn({ role: role ?? '', scoped })];
  return [...new Set(held)].filter((key) => key !== '');
}

/** The roles that an explanation may speak of. */
export function rolesOfPair(facts: Facts, { organizationId, userId }: AccessQuestion): readonly string[] {
  const member = facts.members.get(pairKey(organizationId, userId));
  if (member === undefined) return [];
  const derived = derivedRole(new Draft(facts), { organizationId, userId });
  return [...rolesTold(facts.memberships.get(member.membershipId)), ...(derived === null ? [] : [derived])];
}
