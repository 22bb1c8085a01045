import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import type { Evidence } from '../../../src/domain/evidence.ts';
import {
  createPermission,
  createRole,
  deletePermission,
  deleteRole,
  redefine,
  renameRole,
} from './catalogue.ts';
import { type Command, FIRST_GRANTS, ORGANIZATIONS, PERMISSION_KEYS, ROLE_KEYS, USERS } from './commands.ts';
import { Ledger, type Message, type Moment, type Opening, put } from './ledger.ts';
import {
  changeRole,
  deleteOrganization,
  deleteUser,
  endSession,
  join,
  leave,
  setWorkspaceRole,
  startSession,
  switchFeature,
  updateUser,
} from './members.ts';
import { policyOf } from './policies.ts';
import { organizationTold, roleTold, userTold } from './told.ts';
import { EMPTY_WORLD, organizationId, type User, userId, type World } from './world.ts';

/** All that ever happened: each moment holds the world as it was from then on. */
export interface History {
  readonly moments: readonly Moment[];
  readonly messages: readonly Message[];
  /** The policy that says what it all comes to. */
  readonly policy: CompiledPolicy | null;
}

/** Plays the commands in order; one that does not fit (leaving where one is not) changes nothing. */
export function play(opening: Opening, commands: readonly Command[]): History {
  const ledger = new Ledger(opening);
  open(ledger);
  for (const command of commands) {
    const before = ledger.moments.length;
    // Two changes of one instant carry one envelope time as well: nothing tells which was first.
    if (command.gap > 0) ledger.stamp = command.stamp;
    ledger.now += command.gap;
    obey(ledger, command);
    if (ledger.moments.length === before) ledger.remember(null);
  }
  return { moments: ledger.moments, messages: ledger.messages, policy: policyOf(opening.policy) };
}

export function worldAt(history: History, at: number): World {
  return history.moments.findLast((moment) => moment.at <= at)?.world ?? EMPTY_WORLD;
}

/** Three roles, and people and organizations that have nothing to do with each other yet. */
function open(ledger: Ledger): void {
  const told = (evidence: Evidence, line: string) => ledger.opening.rolesTold && ledger.tell(evidence, line);
  for (const [index, key] of PERMISSION_KEYS.entries()) {
    ledger.tick();
    const permission = { id: ledger.newId('perm'), key, createdAt: ledger.now };
    ledger.put({ permissions: put(ledger.world.permissions, permission) });
    told({ kind: 'permission', ...permission, at: ledger.envelope() }, `permission ${key} created`);

    const role = ledger.newRole(ROLE_KEYS[index] ?? 'none', FIRST_GRANTS[index] ?? []);
    told(roleTold(ledger.world, role, 'created', ledger.envelope()), ledger.describeRole(role, 'created'));
    ledger.remember(`there are ${ledger.describeRole(role, '')}`);
  }
  for (const name of USERS) {
    ledger.tick();
    const user: User = {
      id: userId(name),
      suspended: false,
      passwordChangedAt: null,
      updatedAt: ledger.now,
    };
    ledger.put({ users: put(ledger.world.users, user) });
    ledger.tell(userTold(user, 'created', ledger.envelope()), `${name} signs up`);
    ledger.remember(`${name} signs up`);
  }
  for (const name of ORGANIZATIONS) {
    ledger.tick();
    const organization = { id: organizationId(name), name, features: [], updatedAt: ledger.now };
    ledger.put({ organizations: put(ledger.world.organizations, organization) });
    ledger.tell(organizationTold(organization, 'created', ledger.envelope()), `${name} founded`);
    ledger.remember(`${name} is founded`);
  }
}

function obey(ledger: Ledger, command: Command): void {
  switch (command.do) {
    case 'join':
      return join(ledger, command.who, command.where, command.role);
    case 'change role':
      return changeRole(ledger, command.who, command.where, command.role);
    case 'touch':
      return changeRole(ledger, command.who, command.where, null);
    case 'leave':
      return leave(ledger, command.who, command.where);
    case 'redefine role':
      return redefine(ledger, command.role, command.permissions);
    case 'create role':
      return createRole(ledger, command.key, command.permissions);
    case 'rename role':
      return renameRole(ledger, command.role, command.key);
    case 'delete role':
      return deleteRole(ledger, command.role, command.heir);
    case 'create permission':
      return createPermission(ledger, command.key);
    case 'delete permission':
      return deletePermission(ledger, command.permission, command.tell);
    case 'ban':
    case 'unban':
      return updateUser(ledger, command.who, { suspended: command.do === 'ban' }, command.do);
    case 'change password':
      return updateUser(ledger, command.who, { passwordChangedAt: ledger.now }, 'new password:');
    case 'start session':
      return startSession(ledger, command.who);
    case 'end session':
      return endSession(ledger, command.session);
    case 'set workspace role':
      return setWorkspaceRole(ledger, command.who, command.where, command.workspace, command.as);
    case 'switch feature':
      return switchFeature(ledger, command.where, command.feature);
    case 'delete user':
      return deleteUser(ledger, command.who, command.tell);
    case 'delete organization':
      return deleteOrganization(ledger, command.where, command.tell);
  }
}
