import type { Evidence } from '../../../src/domain/evidence.ts';
import { ORGANIZATIONS, PERMISSION_KEYS, USERS } from './commands.ts';
import type { PolicyName } from './policies.ts';
import { membershipOfTold } from './told.ts';
import {
  EMPTY_WORLD,
  type Membership,
  membershipOf,
  permissionsOf,
  type Role,
  type User,
  type World,
} from './world.ts';

export const BEGINNING = 1_800_000_000_000;
/** By now all that was there from the start is there. */
export const OPENED = BEGINNING + PERMISSION_KEYS.length + USERS.length + ORGANIZATIONS.length;

/** One message that the provider sends, once its change is made. */
export interface Message {
  readonly evidence: Evidence;
  /** The envelope's timestamp. */
  readonly at: number;
  readonly line: string;
}

export interface Moment {
  readonly at: number;
  readonly line: string;
  readonly world: World;
}

export interface Opening {
  /** Whether the roles and permissions that exist from the start were ever told of. */
  readonly rolesTold: boolean;
  /** Whether memberships list their role's permissions. */
  readonly lists: boolean;
  /** Which policy is active, from before the first message. */
  readonly policy: PolicyName;
}

/** What the provider has, has told, and was. */
export class Ledger {
  readonly moments: Moment[] = [];
  readonly messages: Message[] = [];
  readonly opening: Opening;
  readonly sessions: string[] = [];
  /** Every key that a role was ever known by, by role id. */
  readonly keysHad = new Map<string, Set<string>>();
  world = EMPTY_WORLD;
  now = BEGINNING;
  /** How much later than the change its envelope is stamped. */
  stamp = 0;
  #ids = 0;

  constructor(opening: Opening) {
    this.opening = opening;
  }

  newRole(key: string, permissionKeys: readonly string[]): Role {
    const permissions = [...this.world.permissions.values()]
      .filter((permission) => permissionKeys.includes(permission.key))
      .map((permission) => permission.id);
    const role = { id: this.newId('role'), key, permissions, createdAt: this.now, updatedAt: this.now };
    this.keysHad.set(role.id, new Set([key]));
    this.put({ roles: put(this.world.roles, role) });
    return role;
  }

  user(who: number): User | undefined {
    return this.world.users.get(USERS[who] ?? '');
  }

  organization(where: number) {
    return this.world.organizations.get(ORGANIZATIONS[where] ?? '');
  }

  membership(who: number, where: number): Membership | undefined {
    return membershipOf(this.world, ORGANIZATIONS[where] ?? '', USERS[who] ?? '');
  }

  role(place: number): Role | undefined {
    const roles = [...this.world.roles.values()];
    return roles[place % roles.length];
  }

  permissionIds(places: readonly number[]): string[] {
    const keys = places.map((place) => PERMISSION_KEYS[place]);
    return [...this.world.permissions.values()].filter((p) => keys.includes(p.key)).map((p) => p.id);
  }

  describeRole(role: Role, what: string): string {
    return `role ${role.key} ${what} [${permissionsOf(this.world, role.id).join()}] (${role.id})`;
  }

  /**
   * Whether a living role has the key, or had it before it was renamed: members who were told of then may still be
   * known by it. (That a key changes hands between two living roles is the one thing this provider does not do.)
   */
  isKnownBy(key: string): boolean {
    return [...this.world.roles.keys()].some((id) => this.keysHad.get(id)?.has(key) ?? false);
  }

  /** Whether its key was a later-created role's before: renamed once more, it would leave the key to a dead one. */
  hasAnHeirloom(role: Role): boolean {
    return [...this.keysHad].some(([id, keys]) => id > role.id && keys.has(role.key));
  }

  /** Whether its creation was told: what nobody ever heard of cannot be recognised by a deletion or a new name. */
  wasTold({ createdAt }: { readonly createdAt: number }): boolean {
    return this.opening.rolesTold || createdAt > BEGINNING + PERMISSION_KEYS.length;
  }

  newId(of: string): string {
    this.#ids += 1;
    return `${of}_${String(this.#ids).padStart(2, '0')}`;
  }

  tick(): void {
    this.now += 1;
  }

  envelope(): number {
    return this.now + this.stamp;
  }

  put(change: Partial<World>): void {
    this.world = { ...this.world, ...change };
  }

  tellMembership(membership: Membership, told: 'created' | 'updated', line: string): void {
    const evidence = membershipOfTold(this.world, membership, told, this.envelope(), this.opening.lists);
    this.tell(evidence, line);
    this.remember(`${line} (${membership.id})`);
  }

  tell(evidence: Evidence, line: string): void {
    this.messages.push({ evidence, at: this.envelope(), line });
  }

  remember(line: string | null): void {
    this.moments.push({ at: this.now, line: line ?? '', world: this.world });
  }
}

export function put<Row extends { readonly id: string }>(
  rows: ReadonlyMap<string, Row>,
  row: Row,
): Map<string, Row> {
  return new Map([...rows, [row.id, row]]);
}

export function without<Row>(rows: ReadonlyMap<string, Row>, id: string): Map<string, Row> {
  return new Map([...rows].filter(([key]) => key !== id));
}
