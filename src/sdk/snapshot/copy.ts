import { ORGANIZATION } from '../../domain/compiled-policy.ts';
import type { Held } from './grant-table.ts';
import type { SentHolding } from './protocol.ts';
import { type RecentCutoffs, recentCutoffs } from './recent-cutoffs.ts';

/**
 * What a snapshot and the changes since come to. It is laid out for one question at a time: a map of organizations to
 * maps of members, and nothing between the two to be fetched into the processor, whose values are shared by all who
 * hold the same role and nothing besides.
 */
export interface Copy {
  readonly epoch: string;
  revision: number;
  /**
   * Types of resources with roles of their own, and whether organization roles reach into all of them; null when another
   * policy has made all this uncertain.
   */
  reaches: ReadonlyMap<string, boolean> | null;
  readonly roles: Map<string, Role>;
  /** By organization, then by user. */
  readonly members: Map<string, Map<string, Holding>>;
  /** Those of which there is more to know than their members. */
  readonly organizations: Map<string, Organization>;
  /** Users who hold nothing anywhere, though they may be members. */
  readonly gone: Map<string, 'suspended' | 'deleted'>;
  /** Of users. */
  readonly userCutoffs: RecentCutoffs;
  /** Of members, by `organization/user`; they outlive a membership, for those who come back. */
  readonly memberCutoffs: RecentCutoffs;
  /** When sessions ended. */
  readonly endedSessions: RecentCutoffs;
}

/** What all its holders hold: changed in place, so that a change reaches them at once, however many they are. */
export interface Role {
  readonly key: string;
  /** `organization`, or the type of resource that it is a role in. */
  scope: string;
  grants: Held;
  /** By feature; null where there is none. */
  featured: ReadonlyMap<string, Held> | null;
  cutoff: number;
  /** Of everybody who holds this role and nothing else. */
  alone: Holding | null;
}

export interface Organization {
  /** Null where none is on. */
  features: readonly string[] | null;
  agents: Map<string, ReadonlySet<string>> | null;
  cutoff: number;
  deleted: boolean;
}

/** Roles of a member, in the organization and in resources. */
export interface Roles {
  readonly role: Role;
  readonly scoped: readonly ScopedRole[];
}

/** What access rests on. */
export interface Holding extends Roles {
  /** Newer roles that wait for the provider's word: until it comes, only what all of them grant too is held. */
  readonly waiting: readonly Roles[];
  /** Two truths of one moment: nothing is held until the provider answers. */
  readonly contested: boolean;
}

/** Not with a scope of its own: there may be several for each of a million members. */
export interface ScopedRole {
  readonly role: Role;
  readonly type: string;
  readonly id: string;
}

const NOTHING: Held = new Map();
const NONE: readonly Roles[] = [];

export function emptyCopy(epoch: string, revision: number, reaches: ReadonlyMap<string, boolean>): Copy {
  return {
    epoch,
    revision,
    reaches,
    roles: new Map(),
    members: new Map(),
    organizations: new Map(),
    gone: new Map(),
    userCutoffs: recentCutoffs(),
    memberCutoffs: recentCutoffs(),
    endedSessions: recentCutoffs(),
  };
}

/** The role of a key; one that grants nothing until it is told of. */
export function roleOf(copy: Copy, key: string): Role {
  const known = copy.roles.get(key);
  if (known !== undefined) return known;
  const role: Role = { key, scope: ORGANIZATION, grants: NOTHING, featured: null, cutoff: 0, alone: null };
  copy.roles.set(key, role);
  return role;
}

/**
 * One object for all who hold just the role: a member more costs an entry in a map.
 * @param intern gives the same text for equal ones.
 */
export function holdingOf(copy: Copy, sent: SentHolding, intern = same): Holding {
  const { contested, waiting } = sent;
  const { role, scoped } = rolesOf(copy, sent, intern);
  if (scoped.length === 0 && waiting.length === 0 && !contested) {
    role.alone ??= { role, scoped, waiting: NONE, contested };
    return role.alone;
  }
  const others = waiting.length === 0 ? NONE : waiting.map((one) => rolesOf(copy, one, intern));
  return { role, scoped, waiting: others, contested };
}

function rolesOf(copy: Copy, { role, roles }: SentHolding['waiting'][number], intern: typeof same): Roles {
  const scoped = roles.map(({ role: key, scope: { type, id } }) => ({
    role: roleOf(copy, key),
    type: intern(type),
    id: intern(id),
  }));
  return { role: roleOf(copy, role), scoped };
}

function same(text: string): string {
  return text;
}

/** Every role in it. */
export function rolesIn({ role, scoped, waiting }: Holding): Role[] {
  const others = waiting.flatMap((one) => [one.role, ...one.scoped.map((held) => held.role)]);
  return [role, ...scoped.map((held) => held.role), ...others];
}

export function membersOf(copy: Copy, organization: string): Map<string, Holding> {
  const known = copy.members.get(organization);
  if (known !== undefined) return known;
  const made = new Map<string, Holding>();
  copy.members.set(organization, made);
  return made;
}

export function organizationOf(copy: Copy, id: string): Organization {
  const known = copy.organizations.get(id);
  if (known !== undefined) return known;
  const made = { features: null, agents: null, cutoff: 0, deleted: false };
  copy.organizations.set(id, made);
  return made;
}

/** Ids hold no slash, so two members never share a key. */
export function memberKey(organization: string, user: string): string {
  return `${organization}/${user}`;
}
