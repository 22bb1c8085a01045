import type { StandInState } from '../history.ts';
import type { Permission, Role } from '../model.ts';
import type { Json } from './json.ts';

export const permissionJson = (permission: Permission): Json => ({
  object: 'permission',
  id: permission.id,
  name: permission.name,
  key: permission.key,
  description: permission.description,
  type: permission.type,
  created_at: permission.createdAt,
  updated_at: permission.updatedAt,
});

export const roleJson = (state: StandInState, role: Role): Json => {
  const wanted = new Set(role.permissions);
  return {
    object: 'role',
    id: role.id,
    name: role.name,
    key: role.key,
    description: role.description,
    is_creator_eligible: role.isCreatorEligible,
    permissions: [...state.permissions.values()].filter((p) => wanted.has(p.key)).map(permissionJson),
    created_at: role.createdAt,
    updated_at: role.updatedAt,
  };
};
