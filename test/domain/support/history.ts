import type { Evidence } from '../../../src/domain/evidence.ts';
import { type Command, ORGANIZATIONS, PERMISSION_KEYS, ROLE_KEYS, USERS } from './commands.ts';
import { membershipOfTold, roleTold, userTold } from './told.ts';
import {
  EMPTY_WORLD,
  type Membership,
  membershipId,
  membershipOf,
  organizationId,
  permissionsOf,
  type Role,
  type User,
  userId,
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

/** All that ever happened: each moment holds the world as it was from then on. */
export interface History {
  readonly moments: readonly Moment[];
  readonly messages: readonly Message[];
}

export interface Opening {
  /** Whether the roles and permissions that exist from the start were ever told of. */
  readonly rolesTold: boolean;
  /** Whether memberships list their role's permissions. */
  readonly lists: boolean;
}

/** Plays the commands in order; one that does not fit (leaving where one is not) changes nothing. */
export function play(opening: Opening, commands: readonly Command[]): History {
  const provider = new Provider(opening);
  for (const command of commands) provider.obey(command);
  return { moments: provider.moments, messages: provider.messages };
}

export function worldAt(history: History, at: number): World {
  return history.moments.findLast((moment) => moment.at <= at)?.world ?? EMPTY_WORLD;
}

class Provider {
  readonly moments: Moment[] = [];
  readonly messages: Message[] = [];
  readonly #opening: Opening;
  #world = EMPTY_WORLD;
  #now = BEGINNING;
  #stamp = 0;
  #ids = 0;
  #sessions: string[] = [];
  /** Every key that a role was ever known by, by role id. */
  readonly #keysHad = new Map<string, Set<string>>();

  constructor(opening: Opening) {
    this.#opening = opening;
    const told = (evidence: Evidence, line: string) => opening.rolesTold && this.#tell(evidence, line);
    for (const [index, key] of PERMISSION_KEYS.entries()) {
      this.#tick();
      const permission = { id: this.#newId('perm'), key, createdAt: this.#now };
      this.#put({ permissions: put(this.#world.permissions, permission) });
      told({ kind: 'permission', ...permission, at: this.#envelope() }, `permission ${key} created`);

      const role = this.#newRole(ROLE_KEYS[index] ?? 'none', PERMISSION_KEYS.slice(0, index + 1));
      told(roleTold(this.#world, role, 'created', this.#envelope()), this.#describeRole(role, 'created'));
      this.#remember(`there are ${this.#describeRole(role, '')}`);
    }
    for (const name of USERS) {
      this.#tick();
      const user: User = {
        id: userId(name),
        suspended: false,
        passwordChangedAt: null,
        updatedAt: this.#now,
      };
      this.#put({ users: put(this.#world.users, user) });
      this.#tell(userTold(user, 'created', this.#envelope()), `${name} signs up`);
      this.#remember(`${name} signs up`);
    }
    for (const name of ORGANIZATIONS) {
      this.#tick();
      const organization = { id: organizationId(name), name, updatedAt: this.#now };
      this.#put({ organizations: put(this.#world.organizations, organization) });
      const version = { updatedAt: this.#now, at: this.#envelope() };
      this.#tell({ kind: 'organization', id: organization.id, name, version }, `${name} founded`);
      this.#remember(`${name} is founded`);
    }
  }

  obey(command: Command): void {
    const before = this.moments.length;
    // Two changes of one instant carry one envelope time as well: nothing tells which was first.
    if (command.gap > 0) this.#stamp = command.stamp;
    this.#now += command.gap;
    this.#act(command);
    if (this.moments.length === before) this.#remember(null);
  }

  #act(command: Command): void {
    switch (command.do) {
      case 'join':
        return this.#join(command.who, command.where, command.role);
      case 'change role':
        return this.#changeRole(command.who, command.where, command.role);
      case 'touch':
        return this.#changeRole(command.who, command.where, null);
      case 'leave':
        return this.#leave(command.who, command.where);
      case 'redefine role':
        return this.#redefine(command.role, command.permissions);
      case 'create role':
        return this.#createRole(command.key, command.permissions);
      case 'rename role':
        return this.#renameRole(command.role, command.key);
      case 'delete role':
        return this.#deleteRole(command.role, command.heir);
      case 'create permission':
        return this.#createPermission(command.key);
      case 'delete permission':
        return this.#deletePermission(command.permission, command.tell);
      case 'ban':
      case 'unban':
        return this.#updateUser(command.who, { suspended: command.do === 'ban' }, command.do);
      case 'change password':
        return this.#updateUser(command.who, { passwordChangedAt: this.#now }, 'new password:');
      case 'start session':
        return this.#startSession(command.who);
      case 'end session':
        return this.#endSession(command.session);
      case 'delete user':
        return this.#deleteUser(command.who, command.tell);
      case 'delete organization':
        return this.#deleteOrganization(command.where, command.tell);
    }
  }

  #join(who: number, where: number, role: number): void {
    const [user, organization, held] = [this.#user(who), this.#organization(where), this.#role(role)];
    if (user === undefined || organization === undefined || held === undefined) return;
    if (membershipOf(this.#world, organization.id, user.id) !== undefined) return;
    // The provider never creates two things of one name in one millisecond.
    this.#tick();
    const membership: Membership = {
      id: membershipId(this.#newId('mem')),
      organizationId: organization.id,
      userId: user.id,
      roleId: held.id,
      createdAt: this.#now,
      updatedAt: this.#now,
    };
    this.#put({ memberships: put(this.#world.memberships, membership) });
    this.#tellMembership(membership, 'created', `${user.id} joins ${organization.id} as ${held.key}`);
  }

  #changeRole(who: number, where: number, role: number | null): void {
    const membership = this.#membership(who, where);
    const next = role === null ? null : this.#role(role);
    if (membership === undefined || next === undefined) return;
    const held = next ?? this.#world.roles.get(membership.roleId);
    if (held === undefined) return;
    const changed = { ...membership, roleId: held.id, updatedAt: this.#now };
    this.#put({ memberships: put(this.#world.memberships, changed) });
    this.#tellMembership(
      changed,
      'updated',
      `${membership.userId} in ${membership.organizationId} is ${next === null ? 'still' : 'now'} ${held.key}`,
    );
  }

  #leave(who: number, where: number): void {
    const membership = this.#membership(who, where);
    if (membership !== undefined) this.#remove(membership, true);
  }

  #remove(membership: Membership, tell: boolean): void {
    this.#put({ memberships: without(this.#world.memberships, membership.id) });
    const line = `${membership.userId} leaves ${membership.organizationId} (${membership.id})`;
    const { id, organizationId, userId, createdAt } = membership;
    const identity = { organizationId, userId, createdAt };
    if (tell) this.#tell({ kind: 'membership-deleted', id, identity, at: this.#envelope() }, line);
    this.#remember(line);
  }

  #redefine(place: number, permissions: readonly number[]): void {
    const role = this.#role(place);
    if (role !== undefined) this.#updateRole({ ...role, permissions: this.#permissionIds(permissions) });
  }

  #createRole(place: number, permissions: readonly number[]): void {
    const key = ROLE_KEYS[place];
    if (key === undefined || this.#isKnownBy(key)) return;
    this.#tick();
    const keys = permissions.map((permission) => PERMISSION_KEYS[permission] ?? '');
    const role = this.#newRole(key, keys);
    const line = this.#describeRole(role, 'created');
    this.#tell(roleTold(this.#world, role, 'created', this.#envelope()), line);
    this.#remember(line);
  }

  #renameRole(place: number, keyPlace: number): void {
    const [role, key] = [this.#role(place), ROLE_KEYS[keyPlace]];
    if (role === undefined || key === undefined || this.#isKnownBy(key) || !this.#wasTold(role)) return;
    if (this.#hasAnHeirloom(role)) return;
    this.#tick();
    this.#keysHad.get(role.id)?.add(key);
    this.#updateRole({ ...role, key });
  }

  #updateRole(role: Role): void {
    const changed = { ...role, updatedAt: this.#now };
    this.#put({ roles: put(this.#world.roles, changed) });
    const line = this.#describeRole(changed, 'changed:');
    this.#tell(roleTold(this.#world, changed, 'updated', this.#envelope()), line);
    this.#remember(line);
  }

  /** Only a role that nobody holds can be deleted: its holders get another one first. */
  #deleteRole(place: number, heirPlace: number): void {
    const [role, heir] = [this.#role(place), this.#role(heirPlace)];
    if (role === undefined) return;
    const holders = [...this.#world.memberships.values()].filter((m) => m.roleId === role.id);
    if (holders.length > 0 && (heir === undefined || heir.id === role.id)) return;
    for (const holder of holders) {
      const changed = { ...holder, roleId: heir?.id ?? '', updatedAt: this.#now };
      this.#put({ memberships: put(this.#world.memberships, changed) });
      this.#tellMembership(
        changed,
        'updated',
        `${holder.userId} in ${holder.organizationId} is now ${heir?.key}`,
      );
    }
    this.#put({ roles: without(this.#world.roles, role.id) });
    this.#tell(
      { kind: 'role-deleted', id: role.id, at: this.#envelope() },
      `role ${role.key} deleted (${role.id})`,
    );
    this.#remember(`role ${role.key} deleted (${role.id})`);
  }

  #createPermission(place: number): void {
    const key = PERMISSION_KEYS[place];
    if (key === undefined || [...this.#world.permissions.values()].some((p) => p.key === key)) return;
    this.#tick();
    const permission = { id: this.#newId('perm'), key, createdAt: this.#now };
    this.#put({ permissions: put(this.#world.permissions, permission) });
    this.#tell({ kind: 'permission', ...permission, at: this.#envelope() }, `permission ${key} created`);
    this.#remember(`permission ${key} created (${permission.id})`);
  }

  /** Every role loses it; whether the roles are told of too, and count as updated, is not documented. */
  #deletePermission(place: number, tellRoles: boolean): void {
    const key = PERMISSION_KEYS[place];
    const permission = [...this.#world.permissions.values()].find((p) => p.key === key);
    if (permission === undefined) return;
    this.#put({ permissions: without(this.#world.permissions, permission.id) });
    const line = `permission ${permission.key} deleted (${permission.id})`;
    this.#tell({ kind: 'permission-deleted', id: permission.id, at: this.#envelope() }, line);
    for (const role of this.#world.roles.values()) {
      if (!role.permissions.includes(permission.id)) continue;
      const less = { ...role, permissions: role.permissions.filter((id) => id !== permission.id) };
      if (tellRoles || !this.#wasTold(permission)) this.#updateRole(less);
      else this.#put({ roles: put(this.#world.roles, less) });
    }
    this.#remember(line);
  }

  #updateUser(who: number, change: Partial<User>, what: string): void {
    const user = this.#user(who);
    if (user === undefined) return;
    const changed = { ...user, ...change, updatedAt: this.#now };
    this.#put({ users: put(this.#world.users, changed) });
    this.#tell(userTold(changed, 'updated', this.#envelope()), `${what} ${user.id}`);
    this.#remember(`${what} ${user.id}`);
  }

  #startSession(who: number): void {
    const user = this.#user(who);
    if (user === undefined || user.suspended) return;
    const session = { id: this.#newId('sess'), userId: user.id, ended: false };
    this.#sessions.push(session.id);
    this.#put({ sessions: put(this.#world.sessions, session) });
    const line = `${user.id} signs in (${session.id})`;
    this.#tell({ kind: 'session', id: session.id, userId: user.id, at: this.#envelope() }, line);
    this.#remember(line);
  }

  #endSession(place: number): void {
    const session = this.#world.sessions.get(this.#sessions[place] ?? '');
    if (session === undefined || session.ended) return;
    this.#put({ sessions: put(this.#world.sessions, { ...session, ended: true }) });
    const line = `${session.userId} signs out (${session.id})`;
    this.#tell({ kind: 'session-ended', id: session.id, userId: session.userId, at: this.#envelope() }, line);
    this.#remember(line);
  }

  #deleteUser(who: number, tell: boolean): void {
    const user = this.#user(who);
    if (user === undefined) return;
    for (const membership of this.#world.memberships.values()) {
      if (membership.userId === user.id) this.#remove(membership, tell);
    }
    const deleted = new Set([...this.#world.deleted, user.id]);
    this.#put({ users: without(this.#world.users, user.id), deleted });
    this.#tell({ kind: 'user-deleted', id: user.id, at: this.#envelope() }, `${user.id} is deleted`);
    this.#remember(`${user.id} is deleted`);
  }

  #deleteOrganization(where: number, tell: boolean): void {
    const organization = this.#organization(where);
    if (organization === undefined) return;
    for (const membership of this.#world.memberships.values()) {
      if (membership.organizationId === organization.id) this.#remove(membership, tell);
    }
    const deleted = new Set([...this.#world.deleted, organization.id]);
    this.#put({ organizations: without(this.#world.organizations, organization.id), deleted });
    const line = `${organization.id} is deleted`;
    this.#tell({ kind: 'organization-deleted', id: organization.id, at: this.#envelope() }, line);
    this.#remember(line);
  }

  #newRole(key: string, permissionKeys: readonly string[]): Role {
    const permissions = [...this.#world.permissions.values()]
      .filter((permission) => permissionKeys.includes(permission.key))
      .map((permission) => permission.id);
    const role = { id: this.#newId('role'), key, permissions, createdAt: this.#now, updatedAt: this.#now };
    this.#keysHad.set(role.id, new Set([key]));
    this.#put({ roles: put(this.#world.roles, role) });
    return role;
  }

  /**
   * Whether a living role has the key, or had it before it was renamed: members who were told of then may still be
   * known by it. (That a key changes hands between two living roles is the one thing this provider does not do.)
   */
  #isKnownBy(key: string): boolean {
    return [...this.#world.roles.keys()].some((id) => this.#keysHad.get(id)?.has(key) ?? false);
  }

  /** Whether its key was a later-created role's before: renamed once more, it would leave the key to a dead one. */
  #hasAnHeirloom(role: Role): boolean {
    return [...this.#keysHad].some(([id, keys]) => id > role.id && keys.has(role.key));
  }

  /** Whether its creation was told: what nobody ever heard of cannot be recognised by a deletion or a new name. */
  #wasTold({ createdAt }: { readonly createdAt: number }): boolean {
    return this.#opening.rolesTold || createdAt > BEGINNING + PERMISSION_KEYS.length;
  }

  #user(who: number): User | undefined {
    return this.#world.users.get(USERS[who] ?? '');
  }

  #organization(where: number) {
    return this.#world.organizations.get(ORGANIZATIONS[where] ?? '');
  }

  #membership(who: number, where: number): Membership | undefined {
    return membershipOf(this.#world, ORGANIZATIONS[where] ?? '', USERS[who] ?? '');
  }

  #role(place: number): Role | undefined {
    const roles = [...this.#world.roles.values()];
    return roles[place % roles.length];
  }

  #permissionIds(places: readonly number[]): string[] {
    const keys = places.map((place) => PERMISSION_KEYS[place]);
    return [...this.#world.permissions.values()].filter((p) => keys.includes(p.key)).map((p) => p.id);
  }

  #describeRole(role: Role, what: string): string {
    return `role ${role.key} ${what} [${permissionsOf(this.#world, role.id)}] (${role.id})`;
  }

  #newId(of: string): string {
    this.#ids += 1;
    return `${of}_${String(this.#ids).padStart(2, '0')}`;
  }

  #tick(): void {
    this.#now += 1;
  }

  #envelope(): number {
    return this.#now + this.#stamp;
  }

  #put(change: Partial<World>): void {
    this.#world = { ...this.#world, ...change };
  }

  #tellMembership(membership: Membership, told: 'created' | 'updated', line: string): void {
    const evidence = membershipOfTold(this.#world, membership, told, this.#envelope(), this.#opening.lists);
    this.#tell(evidence, line);
    this.#remember(`${line} (${membership.id})`);
  }

  #tell(evidence: Evidence, line: string): void {
    this.messages.push({ evidence, at: this.#envelope(), line });
  }

  #remember(line: string | null): void {
    this.moments.push({ at: this.#now, line: line ?? '', world: this.#world });
  }
}

function put<Row extends { readonly id: string }>(
  rows: ReadonlyMap<string, Row>,
  row: Row,
): Map<string, Row> {
  return new Map([...rows, [row.id, row]]);
}

function without<Row>(rows: ReadonlyMap<string, Row>, id: string): Map<string, Row> {
  return new Map([...rows].filter(([key]) => key !== id));
}
