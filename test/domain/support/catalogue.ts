import { PERMISSION_KEYS, ROLE_KEYS } from './commands.ts';
import { type Ledger, put, without } from './ledger.ts';
import { roleTold } from './told.ts';
import type { Role } from './world.ts';

export function redefine(ledger: Ledger, place: number, permissions: readonly number[]): void {
  const role = ledger.role(place);
  if (role !== undefined) updateRole(ledger, { ...role, permissions: ledger.permissionIds(permissions) });
}

export function createRole(ledger: Ledger, place: number, permissions: readonly number[]): void {
  const key = ROLE_KEYS[place];
  if (key === undefined || ledger.isKnownBy(key)) return;
  ledger.tick();
  const keys = permissions.map((permission) => PERMISSION_KEYS[permission] ?? '');
  const role = ledger.newRole(key, keys);
  const line = ledger.describeRole(role, 'created');
  ledger.tell(roleTold(ledger.world, role, 'created', ledger.envelope()), line);
  ledger.remember(line);
}

export function renameRole(ledger: Ledger, place: number, keyPlace: number): void {
  const [role, key] = [ledger.role(place), ROLE_KEYS[keyPlace]];
  if (role === undefined || key === undefined || ledger.isKnownBy(key) || !ledger.wasTold(role)) return;
  if (ledger.hasAnHeirloom(role)) return;
  ledger.tick();
  ledger.keysHad.get(role.id)?.add(key);
  updateRole(ledger, { ...role, key });
}

function updateRole(ledger: Ledger, role: Role): void {
  const changed = { ...role, updatedAt: ledger.now };
  ledger.put({ roles: put(ledger.world.roles, changed) });
  const line = ledger.describeRole(changed, 'changed:');
  ledger.tell(roleTold(ledger.world, changed, 'updated', ledger.envelope()), line);
  ledger.remember(line);
}

/** Only a role that nobody holds can be deleted: its holders get another one first. */
export function deleteRole(ledger: Ledger, place: number, heirPlace: number): void {
  const [role, heir] = [ledger.role(place), ledger.role(heirPlace)];
  if (role === undefined) return;
  const holders = [...ledger.world.memberships.values()].filter((m) => m.roleId === role.id);
  if (holders.length > 0 && (heir === undefined || heir.id === role.id)) return;
  for (const holder of holders) {
    const changed = { ...holder, roleId: heir?.id ?? '', updatedAt: ledger.now };
    ledger.put({ memberships: put(ledger.world.memberships, changed) });
    ledger.tellMembership(
      changed,
      'updated',
      `${holder.userId} in ${holder.organizationId} is now ${heir?.key}`,
    );
  }
  ledger.put({ roles: without(ledger.world.roles, role.id) });
  ledger.tell(
    { kind: 'role-deleted', id: role.id, at: ledger.envelope() },
    `role ${role.key} deleted (${role.id})`,
  );
  ledger.remember(`role ${role.key} deleted (${role.id})`);
}

export function createPermission(ledger: Ledger, place: number): void {
  const key = PERMISSION_KEYS[place];
  if (key === undefined || [...ledger.world.permissions.values()].some((p) => p.key === key)) return;
  ledger.tick();
  const permission = { id: ledger.newId('perm'), key, createdAt: ledger.now };
  ledger.put({ permissions: put(ledger.world.permissions, permission) });
  ledger.tell({ kind: 'permission', ...permission, at: ledger.envelope() }, `permission ${key} created`);
  ledger.remember(`permission ${key} created (${permission.id})`);
}

/** Every role loses it; whether the roles are told of too, and count as updated, is not documented. */
export function deletePermission(ledger: Ledger, place: number, tellRoles: boolean): void {
  const key = PERMISSION_KEYS[place];
  const permission = [...ledger.world.permissions.values()].find((p) => p.key === key);
  if (permission === undefined) return;
  ledger.put({ permissions: without(ledger.world.permissions, permission.id) });
  const line = `permission ${permission.key} deleted (${permission.id})`;
  ledger.tell({ kind: 'permission-deleted', id: permission.id, at: ledger.envelope() }, line);
  for (const role of ledger.world.roles.values()) {
    if (!role.permissions.includes(permission.id)) continue;
    const less = { ...role, permissions: role.permissions.filter((id) => id !== permission.id) };
    if (tellRoles || !ledger.wasTold(permission)) updateRole(ledger, less);
    else ledger.put({ roles: put(ledger.world.roles, less) });
  }
  ledger.remember(line);
}
