import { ORGANIZATION } from '../../domain/compiled-policy.ts';
import type { Scope } from '../../domain/grant.ts';
import type { Held, HeldByPlace } from './grant-table.ts';
import { type RecentCutoffs, recentCutoffs } from './recent-cutoffs.ts';

/**
 * What a snapshot and the changes since come to. It is laid out for one question at a time: a map of organizations,
 * each with a map of members, whose values are shared by all who hold the same role and nothing besides.
 */
export interface Copy {
  readonly epoch: string;
  revision: number;
  /** Types of resources with roles of their own, and whether organization roles reach into all of them. */
  readonly reaches: ReadonlyMap<string, boolean>;
  readonly roles: Map<string, Role>;
  readonly organizations: Map<string, Organization>;
  /** Users who hold nothing anywhere, though they may be members. */
  readonly gone: Map<string, 'suspended' | 'deleted'>;
  /** Of users. */
  readonly userCutoffs: RecentCutoffs;
  /** Of members, by `organization/user`; they outlive a membership, for those who come back. */
  readonly memberCutoffs: RecentCutoffs;
  /** When sessions ended. */
  readonly endedSessions: RecentCutoffs;
  /** Members who do not hold what their roles grant. */
  readonly bounded: Set<Holding>;
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
  readonly members: Map<string, Holding>;
  /** Null where none is on. */
  features: readonly string[] | null;
  agents: Map<string, ReadonlySet<string>> | null;
  cutoff: number;
  deleted: boolean;
}

export interface Holding {
  readonly role: Role;
  /** Roles in resources. */
  readonly scoped: readonly ScopedRole[];
  /** What they hold at most, whatever their roles grant; null for nearly everybody. */
  bound: HeldByPlace | null;
}

export interface ScopedRole {
  readonly role: Role;
  readonly scope: Scope;
}

const NOTHING: Held = new Map();
const NOWHERE: readonly ScopedRole[] = [];

export function emptyCopy(epoch: string, revision: number, reaches: ReadonlyMap<string, boolean>): Copy {
  return {
    epoch,
    revision,
    reaches,
    roles: new Map(),
    organizations: new Map(),
    gone: new Map(),
    userCutoffs: recentCutoffs(),
    memberCutoffs: recentCutoffs(),
    endedSessions: recentCutoffs(),
    bounded: new Set(),
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

/** One object for all who hold the role alone: a member more costs an entry in a map. */
export function holdingOf(role: Role, scoped: readonly ScopedRole[]): Holding {
  if (scoped.length > 0) return { role, scoped, bound: null };
  role.alone ??= { role, scoped: NOWHERE, bound: null };
  return role.alone;
}

export function organizationOf(copy: Copy, id: string): Organization {
  const known = copy.organizations.get(id);
  if (known !== undefined) return known;
  const made = { members: new Map(), features: null, agents: null, cutoff: 0, deleted: false };
  copy.organizations.set(id, made);
  return made;
}

/** Ids hold no slash, so two members never share a key. */
export function memberKey(organization: string, user: string): string {
  return `${organization}/${user}`;
}
