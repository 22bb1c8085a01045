import type { Facts, Holding, MembershipFact } from '../../../src/domain/facts.ts';
import { allows } from './holding.ts';

// What readers are told, written down a second time as the SQL of `rolecall.access`, `rolecall.scoped_access` and
// `rolecall.token_is_current` has it: the properties hold for what is read, not for what a decision believes.

export interface ReadAccess {
  readonly role: string;
  readonly permissions: readonly string[];
}

/** Null for whoever is no member. */
export function readAccess(facts: Facts, organization: string, user: string): ReadAccess | null {
  const row = membershipIn(facts, organization, user);
  if (row === undefined || row.deletedAt !== null || row.role === null) return null;
  if (row.absentAt !== null && (row.seenAt === null || row.seenAt <= row.absentAt)) return null;
  const person = facts.users.get(user);
  if (person?.deletedAt != null || facts.organizations.get(organization)?.deletedAt != null) return null;
  const derived = derivedRole(facts, organization, user);
  const role = derived ?? row.role;
  if (row.contested || person?.suspended) return { role, permissions: [] };
  const on = facts.organizations.get(organization)?.features ?? [];
  const [first = [], ...others] = [{ role: row.role, scoped: row.scoped }, ...row.ceiling].map((held) =>
    granted(facts, { ...held, role: derived ?? held.role }, on),
  );
  return { role, permissions: first.filter((text) => others.every((set) => allows(set, text))) };
}

function membershipIn(facts: Facts, organization: string, user: string): MembershipFact | undefined {
  const pair = facts.members.get(`${organization}/${user}`);
  return pair === undefined ? undefined : facts.memberships.get(pair.membershipId);
}

function granted(facts: Facts, { role, scoped }: Holding, on: readonly string[]): string[] {
  const by = (key: string, scope: string): readonly string[] => {
    const row = facts.roleKeys.get(key);
    if (row?.scope !== scope) return [];
    const featured = new Map(Object.entries(row.featured));
    return [...row.grants, ...on.flatMap((feature) => featured.get(feature) ?? [])];
  };
  const outright = by(role, 'organization');
  const reached = Object.entries(facts.policy?.scopes ?? {}).filter(([, reaches]) => reaches);
  const texts = [
    ...outright,
    ...reached.flatMap(([type]) => outright.map((text) => `${text} @${type}/*`)),
    ...Object.entries(scoped).flatMap(([type, roles]) =>
      type === 'organization'
        ? []
        : Object.entries(roles).flatMap(([id, key]) => by(key, type).map((text) => `${text} @${type}/${id}`)),
    ),
  ];
  return [...new Set(texts)].sort();
}

function derivedRole(facts: Facts, organization: string, user: string): string | null {
  const first = facts.policy?.firstMembers ?? null;
  if (first === null) return null;
  const joined = [...facts.members.values()]
    .filter(({ organizationId }) => organizationId === organization)
    .sort((a, b) => a.firstJoinedAt - b.firstJoinedAt || (a.userId < b.userId ? -1 : 1));
  return joined.slice(0, first.count).some(({ userId }) => userId === user) ? first.role : null;
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
  const cutoff = cutoffOf(facts, token.organization, token.user);
  return cutoff === null || token.issuedAt > Math.floor(cutoff / 1000);
}

/** As `rolecall.cutoff_of`. */
export function cutoffOf(facts: Facts, organization: string, user: string): number | null {
  const pair = facts.members.get(`${organization}/${user}`);
  const cutoffs = [
    facts.users.get(user)?.cutoff,
    facts.organizations.get(organization)?.cutoff,
    pair?.cutoff,
    ...rolesHeld(membershipIn(facts, organization, user)).map((role) => facts.roleKeys.get(role)?.cutoff),
    // Whoever is no member holds no role that is derived for members.
    readAccess(facts, organization, user) === null
      ? null
      : facts.roleKeys.get(derivedRole(facts, organization, user) ?? '')?.cutoff,
    ...Object.entries(pair?.left ?? {}).map(([role, until]) =>
      leftCutoff(facts, organization, user, role, until),
    ),
  ];
  return cutoffs.reduce<number | null>(
    (last, one) => (one == null ? last : Math.max(last ?? one, one)),
    null,
  );
}

/** Tokens of a role that was left, where that lost something since, or grants more than is held now. */
function leftCutoff(
  facts: Facts,
  organization: string,
  user: string,
  role: string,
  until: number,
): number | null {
  const key = facts.roleKeys.get(role);
  const definition = facts.roles.get(key?.roleId ?? '');
  const held = readAccess(facts, organization, user)?.permissions ?? [];
  const told = facts.policy === null ? (definition?.permissions ?? []) : [];
  const more = [...(key?.scope === 'organization' ? key.grants : []), ...told].some(
    (text) => !allows(held, text),
  );
  if (more) return until;
  return key?.cutoff == null ? null : Math.min(key.cutoff, until);
}

/** Every role that a membership names, in the organization and in resources, believed or waiting. */
export function rolesHeld(row: MembershipFact | undefined): string[] {
  if (row === undefined) return [];
  return [{ role: row.role, scoped: row.scoped }, ...row.ceiling].flatMap(({ role, scoped }) => [
    ...(role === null ? [] : [role]),
    ...Object.values(scoped).flatMap((roles) => Object.values(roles)),
  ]);
}
