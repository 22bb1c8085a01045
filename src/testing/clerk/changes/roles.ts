import { roleByKey } from '../access.ts';
import { forbidden, invalid, notFound } from '../errors.ts';
import type { Permission, Role } from '../model.ts';
import { deletedJson } from '../shapes/json.ts';
import { permissionJson, roleJson } from '../shapes/role.ts';
import type { Change, World } from '../world.ts';
import { roleOf } from './find.ts';

const SYSTEM: Readonly<Record<string, string>> = {
  'org:sys_profile:manage': 'Manage organization',
  'org:sys_profile:delete': 'Delete organization',
  'org:sys_memberships:read': 'Read members',
  'org:sys_memberships:manage': 'Manage members',
  'org:sys_domains:read': 'Read domains',
  'org:sys_domains:manage': 'Manage domains',
  'org:sys_billing:read': 'Read billing',
  'org:sys_billing:manage': 'Manage billing',
};

export const roleChanges = (world: World) => {
  const { state } = world;

  const permissionOf = (keyOrId: string): Permission => {
    const direct = state.permissions.get(keyOrId);
    if (direct !== undefined) return direct;
    for (const permission of state.permissions.values()) if (permission.key === keyOrId) return permission;
    throw notFound('permission', keyOrId);
  };
  const known = (key: string) => [...state.permissions.values()].some((permission) => permission.key === key);

  const newPermission = (change: Change, key: string, name: string, type: 'system' | 'user'): Permission => {
    const { at } = change;
    const permission = {
      id: world.newId('perm'),
      key,
      name,
      description: '',
      type,
      createdAt: at,
      updatedAt: at,
    };
    change.write({ table: 'permissions', id: permission.id, value: permission });
    return permission;
  };
  const checkKey = (key: string) => {
    if (!/^org:(?!sys_)[a-z0-9_]+:[a-z0-9_]+$/.test(key)) {
      throw invalid('form_param_format_invalid', `${key} is not of the form org:feature:action`, 'key');
    }
  };
  /** A permission that a role names comes into being with it, so that tests need not list permissions first. */
  const createMissing = (change: Change, keys: readonly string[]) => {
    for (const key of new Set(keys)) {
      if (known(key)) continue;
      change.emit('permission.created', permissionJson(newPermission(change, key, key, 'user')));
    }
  };

  const newRole = (change: Change, key: string, name: string, permissions: readonly string[]): Role => {
    const role: Role = {
      id: world.newId('role'),
      key,
      name,
      description: '',
      isCreatorEligible: permissions.includes('org:sys_memberships:manage'),
      permissions: [...new Set(permissions)],
      createdAt: change.at,
      updatedAt: change.at,
    };
    change.write({ table: 'roles', id: role.id, value: role });
    return role;
  };

  return {
    /** What every instance has from the start; fires nothing. */
    createDefaults(): void {
      world.change('createDefaults', {}, (change) => {
        for (const [key, name] of Object.entries(SYSTEM)) newPermission(change, key, name, 'system');
        newRole(change, 'org:member', 'Member', ['org:sys_memberships:read', 'org:sys_billing:read']);
        newRole(change, 'org:admin', 'Admin', Object.keys(SYSTEM));
      });
    },

    createPermission(key: string, name = key): Permission {
      checkKey(key);
      if (known(key)) throw invalid('form_identifier_exists', `${key} is already taken`, 'key');
      return world.change('createPermission', { permission: key }, (change) => {
        const permission = newPermission(change, key, name, 'user');
        change.emit('permission.created', permissionJson(permission));
        return permission;
      });
    },

    /**
     * Every role loses it. Whether Clerk also tells of the roles is not documented: by default only
     * `permission.deleted` is fired and no role's `updated_at` moves; `alsoRoles` fires `role.updated` too.
     */
    deletePermission(keyOrId: string, options: { readonly alsoRoles?: boolean } = {}): void {
      const permission = permissionOf(keyOrId);
      if (permission.type === 'system')
        throw forbidden('system_permission', 'System permissions cannot be deleted');
      world.change('deletePermission', { permission: permission.key }, (change) => {
        change.write({ table: 'permissions', id: permission.id, value: null });
        change.emit('permission.deleted', deletedJson('permission', permission.id));
        for (const role of [...state.roles.values()]) {
          if (!role.permissions.includes(permission.key)) continue;
          const value: Role = {
            ...role,
            permissions: role.permissions.filter((key) => key !== permission.key),
            updatedAt: options.alsoRoles ? change.at : role.updatedAt,
          };
          change.write({ table: 'roles', id: role.id, value });
          if (options.alsoRoles) change.emit('role.updated', roleJson(state, value));
        }
      });
    },

    defineRole(key: string, name: string, permissions: readonly string[]): Role {
      if (roleByKey(state, key)) throw invalid('form_identifier_exists', `${key} is already taken`, 'key');
      for (const permission of permissions) if (!known(permission)) checkKey(permission);
      return world.change('defineRole', { role: key }, (change) => {
        createMissing(change, permissions);
        const role = newRole(change, key, name, permissions);
        change.emit('role.created', roleJson(state, role));
        return role;
      });
    },

    /** Fires `role.updated` and nothing else: no membership event follows, however many hold the role. */
    changeRolePermissions(keyOrId: string, permissions: readonly string[]): Role {
      const role = roleOf(state, keyOrId);
      for (const permission of permissions) if (!known(permission)) checkKey(permission);
      return world.change('changeRolePermissions', { role: role.key }, (change) => {
        createMissing(change, permissions);
        const value: Role = { ...role, permissions: [...new Set(permissions)], updatedAt: change.at };
        change.write({ table: 'roles', id: role.id, value });
        change.emit('role.updated', roleJson(state, value));
        return value;
      });
    },

    /**
     * Gives the role another key. Whoever holds it or is invited to it has it under the new key from then on, and is not
     * told of: `role.updated` is all that is fired.
     */
    renameRole(keyOrId: string, key: string): Role {
      const role = roleOf(state, keyOrId);
      if (roleByKey(state, key)) throw invalid('form_identifier_exists', `${key} is already taken`, 'key');
      return world.change('renameRole', { role: role.key }, (change) => {
        const value: Role = { ...role, key, updatedAt: change.at };
        change.write({ table: 'roles', id: role.id, value });
        for (const membership of [...state.memberships.values()]) {
          if (membership.role !== role.key) continue;
          change.write({ table: 'memberships', id: membership.id, value: { ...membership, role: key } });
        }
        for (const invitation of [...state.invitations.values()]) {
          if (invitation.role !== role.key) continue;
          change.write({ table: 'invitations', id: invitation.id, value: { ...invitation, role: key } });
        }
        change.emit('role.updated', roleJson(state, value));
        return value;
      });
    },

    /** Refused, as Clerk does, while anyone holds the role or is invited to it; `force` deletes it all the same. */
    deleteRole(keyOrId: string, options: { readonly force?: boolean } = {}): void {
      const role = roleOf(state, keyOrId);
      const held = [...state.memberships.values()].some((m) => m.role === role.key);
      const offered = [...state.invitations.values()].some(
        (i) => i.role === role.key && i.status === 'pending',
      );
      if (!options.force && (held || offered)) throw forbidden('role_in_use', `${role.key} is in use`);
      world.change('deleteRole', { role: role.key }, (change) => {
        change.write({ table: 'roles', id: role.id, value: null });
        change.emit('role.deleted', deletedJson('role', role.id));
      });
    },
  };
};
