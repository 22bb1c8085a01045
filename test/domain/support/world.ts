import type { MembershipId, OrganizationId, UserId } from '../../../src/domain/ids.ts';
import { isMembershipId, isOrganizationId, isUserId } from '../../../src/domain/ids.ts';

// A provider small enough to be read at one sitting. It knows nothing of how Rolecall decides: members hold roles by
// id, roles hold permissions by id, and what is deleted is gone.

export interface User {
  readonly id: UserId;
  readonly suspended: boolean;
  readonly passwordChangedAt: number | null;
  readonly updatedAt: number;
}

export interface Organization {
  readonly id: OrganizationId;
  readonly name: string;
  /** What is switched on. */
  readonly features: readonly string[];
  readonly updatedAt: number;
}

export interface Permission {
  readonly id: string;
  readonly key: string;
  readonly createdAt: number;
}

export interface Role {
  readonly id: string;
  readonly key: string;
  /** Ids. */
  readonly permissions: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Membership {
  readonly id: MembershipId;
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly roleId: string;
  /** The role in each workspace, by its name: what backends write, the provider does not look at. */
  readonly workspaces: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Session {
  readonly id: string;
  readonly userId: UserId;
  readonly ended: boolean;
}

/** All that lives at one moment; `deleted` and `joined` remember what no longer does. */
export interface World {
  readonly users: ReadonlyMap<string, User>;
  readonly organizations: ReadonlyMap<string, Organization>;
  readonly permissions: ReadonlyMap<string, Permission>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly memberships: ReadonlyMap<string, Membership>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly deleted: ReadonlySet<string>;
  /** When each pair began for the first time, `organization/user`. */
  readonly joined: ReadonlyMap<string, number>;
}

export const EMPTY_WORLD: World = {
  users: new Map(),
  organizations: new Map(),
  permissions: new Map(),
  roles: new Map(),
  memberships: new Map(),
  sessions: new Map(),
  deleted: new Set(),
  joined: new Map(),
};

export function organizationId(value: string): OrganizationId {
  if (!isOrganizationId(value)) throw new Error(`${value} is no organization id`);
  return value;
}

export function userId(value: string): UserId {
  if (!isUserId(value)) throw new Error(`${value} is no user id`);
  return value;
}

export function membershipId(value: string): MembershipId {
  if (!isMembershipId(value)) throw new Error(`${value} is no membership id`);
  return value;
}

export function membershipOf(world: World, organization: string, user: string): Membership | undefined {
  return [...world.memberships.values()].find((m) => m.organizationId === organization && m.userId === user);
}

/** The keys a role grants, sorted. */
export function permissionsOf(world: World, roleId: string): readonly string[] {
  return (world.roles.get(roleId)?.permissions ?? [])
    .map((id) => world.permissions.get(id)?.key)
    .filter((key) => key !== undefined)
    .sort();
}
