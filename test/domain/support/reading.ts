import type { Facts } from '../../../src/domain/facts.ts';

// What readers are told, written down a second time as the SQL of `rolecall.access` and `rolecall.token_is_current`
// has it: the properties hold for what is read, not for what a decision believes.

export interface ReadAccess {
  readonly role: string;
  readonly permissions: readonly string[];
}

/** Null for whoever is no member. */
export function readAccess(facts: Facts, organization: string, user: string): ReadAccess | null {
  const pair = facts.members.get(`${organization}/${user}`);
  const row = pair === undefined ? undefined : facts.memberships.get(pair.membershipId);
  if (row === undefined || row.deletedAt !== null || row.role === null) return null;
  if (row.absentAt !== null && (row.seenAt === null || row.seenAt <= row.absentAt)) return null;
  const person = facts.users.get(user);
  if (person?.deletedAt != null || facts.organizations.get(organization)?.deletedAt != null) return null;
  if (row.contested || person?.suspended) return { role: row.role, permissions: [] };
  const sets = [row.role, ...row.ceiling.map(({ role }) => role)].map(
    (key) => facts.roleKeys.get(key)?.grants ?? [],
  );
  const permissions = (sets[0] ?? []).filter((permission) => sets.every((set) => set.includes(permission)));
  return { role: row.role, permissions };
}

export interface TokenClaims {
  readonly user: string;
  readonly organization: string;
  readonly session: string;
  /** Whole seconds. */
  readonly issuedAt: number;
}

export function tokenIsCurrent(facts: Facts, token: TokenClaims): boolean {
  const session = facts.sessions.get(token.session);
  if (session !== undefined && (session.endedAt !== null || session.userId !== token.user)) return false;
  const user = facts.users.get(token.user);
  const organization = facts.organizations.get(token.organization);
  if (user?.deletedAt != null || organization?.deletedAt != null) return false;
  const pair = facts.members.get(`${token.organization}/${token.user}`);
  const row = pair === undefined ? undefined : facts.memberships.get(pair.membershipId);
  const roles = row === undefined ? [] : [row.role, ...row.ceiling.map(({ role }) => role)];
  const cutoffs = [
    user?.cutoff,
    organization?.cutoff,
    pair?.cutoff,
    ...roles.map((role) => (role === null ? null : facts.roleKeys.get(role)?.cutoff)),
  ];
  return cutoffs.every((cutoff) => cutoff == null || token.issuedAt > Math.floor(cutoff / 1000));
}
