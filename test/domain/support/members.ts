import { FEATURES, WORKSPACE_ROLES, WORKSPACES } from './commands.ts';
import { type Ledger, put, without } from './ledger.ts';
import { organizationTold, userTold } from './told.ts';
import { type Membership, membershipId, membershipOf, type User } from './world.ts';

export function join(ledger: Ledger, who: number, where: number, role: number): void {
  const [user, organization, held] = [ledger.user(who), ledger.organization(where), ledger.role(role)];
  if (user === undefined || organization === undefined || held === undefined) return;
  if (membershipOf(ledger.world, organization.id, user.id) !== undefined) return;
  // The provider never creates two things of one name in one millisecond.
  ledger.tick();
  const membership: Membership = {
    id: membershipId(ledger.newId('mem')),
    organizationId: organization.id,
    userId: user.id,
    roleId: held.id,
    workspaces: {},
    createdAt: ledger.now,
    updatedAt: ledger.now,
  };
  const pair = `${organization.id}/${user.id}`;
  const joined = new Map([[pair, ledger.now], ...ledger.world.joined]);
  ledger.put({ memberships: put(ledger.world.memberships, membership), joined });
  ledger.tellMembership(membership, 'created', `${user.id} joins ${organization.id} as ${held.key}`);
}

export function changeRole(ledger: Ledger, who: number, where: number, role: number | null): void {
  const membership = ledger.membership(who, where);
  const next = role === null ? null : ledger.role(role);
  if (membership === undefined || next === undefined) return;
  const held = next ?? ledger.world.roles.get(membership.roleId);
  if (held === undefined) return;
  const changed = { ...membership, roleId: held.id, updatedAt: ledger.now };
  ledger.put({ memberships: put(ledger.world.memberships, changed) });
  ledger.tellMembership(
    changed,
    'updated',
    `${membership.userId} in ${membership.organizationId} is ${next === null ? 'still' : 'now'} ${held.key}`,
  );
}

/** Null takes the role there away. */
export function setWorkspaceRole(
  ledger: Ledger,
  who: number,
  where: number,
  workspace: number,
  as: number | null,
): void {
  const membership = ledger.membership(who, where);
  const id = WORKSPACES[workspace];
  if (membership === undefined || id === undefined) return;
  const role = as === null ? undefined : WORKSPACE_ROLES[as];
  const { [id]: _, ...others } = membership.workspaces;
  const workspaces = role === undefined ? others : { ...others, [id]: role };
  const changed = { ...membership, workspaces, updatedAt: ledger.now };
  ledger.put({ memberships: put(ledger.world.memberships, changed) });
  const line = `${membership.userId} in ${membership.organizationId} is ${role ?? 'nothing'} in ${id}`;
  ledger.tellMembership(changed, 'updated', line);
}

export function switchFeature(ledger: Ledger, where: number, feature: number): void {
  const organization = ledger.organization(where);
  const name = FEATURES[feature];
  if (organization === undefined || name === undefined) return;
  const off = organization.features.filter((one) => one !== name);
  const on = [...organization.features, name].sort();
  const features = off.length < organization.features.length ? off : on;
  const changed = { ...organization, features, updatedAt: ledger.now };
  ledger.put({ organizations: put(ledger.world.organizations, changed) });
  const line = `${organization.id} has [${features.join()}] on`;
  ledger.tell(organizationTold(changed, 'updated', ledger.envelope()), line);
  ledger.remember(line);
}

export function leave(ledger: Ledger, who: number, where: number): void {
  const membership = ledger.membership(who, where);
  if (membership !== undefined) remove(ledger, membership, true);
}

function remove(ledger: Ledger, membership: Membership, tell: boolean): void {
  ledger.put({ memberships: without(ledger.world.memberships, membership.id) });
  const line = `${membership.userId} leaves ${membership.organizationId} (${membership.id})`;
  const { id, organizationId, userId, createdAt } = membership;
  const identity = { organizationId, userId, createdAt };
  if (tell) ledger.tell({ kind: 'membership-deleted', id, identity, at: ledger.envelope() }, line);
  ledger.remember(line);
}

export function updateUser(ledger: Ledger, who: number, change: Partial<User>, what: string): void {
  const user = ledger.user(who);
  if (user === undefined) return;
  const changed = { ...user, ...change, updatedAt: ledger.now };
  ledger.put({ users: put(ledger.world.users, changed) });
  ledger.tell(userTold(changed, 'updated', ledger.envelope()), `${what} ${user.id}`);
  ledger.remember(`${what} ${user.id}`);
}

export function startSession(ledger: Ledger, who: number): void {
  const user = ledger.user(who);
  if (user === undefined || user.suspended) return;
  const session = { id: ledger.newId('sess'), userId: user.id, ended: false };
  ledger.sessions.push(session.id);
  ledger.put({ sessions: put(ledger.world.sessions, session) });
  const line = `${user.id} signs in (${session.id})`;
  ledger.tell({ kind: 'session', id: session.id, userId: user.id, at: ledger.envelope() }, line);
  ledger.remember(line);
}

export function endSession(ledger: Ledger, place: number): void {
  const session = ledger.world.sessions.get(ledger.sessions[place] ?? '');
  if (session === undefined || session.ended) return;
  ledger.put({ sessions: put(ledger.world.sessions, { ...session, ended: true }) });
  const line = `${session.userId} signs out (${session.id})`;
  ledger.tell({ kind: 'session-ended', id: session.id, userId: session.userId, at: ledger.envelope() }, line);
  ledger.remember(line);
}

export function deleteUser(ledger: Ledger, who: number, tell: boolean): void {
  const user = ledger.user(who);
  if (user === undefined) return;
  for (const membership of ledger.world.memberships.values()) {
    if (membership.userId === user.id) remove(ledger, membership, tell);
  }
  const deleted = new Set([...ledger.world.deleted, user.id]);
  ledger.put({ users: without(ledger.world.users, user.id), deleted });
  ledger.tell({ kind: 'user-deleted', id: user.id, at: ledger.envelope() }, `${user.id} is deleted`);
  ledger.remember(`${user.id} is deleted`);
}

export function deleteOrganization(ledger: Ledger, where: number, tell: boolean): void {
  const organization = ledger.organization(where);
  if (organization === undefined) return;
  for (const membership of ledger.world.memberships.values()) {
    if (membership.organizationId === organization.id) remove(ledger, membership, tell);
  }
  const deleted = new Set([...ledger.world.deleted, organization.id]);
  ledger.put({ organizations: without(ledger.world.organizations, organization.id), deleted });
  const line = `${organization.id} is deleted`;
  ledger.tell({ kind: 'organization-deleted', id: organization.id, at: ledger.envelope() }, line);
  ledger.remember(line);
}
