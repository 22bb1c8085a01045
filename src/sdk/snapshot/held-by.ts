import { ORGANIZATION } from '../../domain/compiled-policy.ts';
import type { Scope } from '../../domain/grant.ts';
import type { Copy, Holding, Role, Roles } from './copy.ts';
import { allowedBy } from './grant-table.ts';

/** How a member holds a permission, there: bits, 0 for not at all. */
export function heldBy(
  copy: Copy,
  organization: string,
  holding: Holding,
  permission: string,
  place: Scope | null,
): number {
  if (holding.contested) return 0;
  // By far the most questions, and not a function made for them.
  if (place === null && holding.waiting.length === 0) return byRole(copy, holding, organization, permission);
  if (place === null) return throughAll(holding, (roles) => byRole(copy, roles, organization, permission));
  // Which places there are is not known between two policies.
  const { reaches } = copy;
  if (reaches === null) return 0;
  const there = throughAll(holding, (roles) => inPlace(copy, roles, organization, permission, place));
  if (reaches.get(place.type) !== true) return there;
  return there | throughAll(holding, (roles) => byRole(copy, roles, organization, permission));
}

/** Roles that wait for the provider's word take away what they do not grant, and give nothing. */
function throughAll(holding: Holding, bitsOf: (roles: Roles) => number): number {
  let bits = bitsOf(holding);
  for (const other of holding.waiting) bits = allowedBy(bits, bitsOf(other));
  return bits;
}

function byRole(copy: Copy, { role }: Roles, organization: string, permission: string): number {
  return role.scope === ORGANIZATION ? grantedBy(copy, role, organization, permission) : 0;
}

function inPlace(copy: Copy, roles: Roles, organization: string, permission: string, place: Scope): number {
  let bits = 0;
  for (const { role, type, id } of roles.scoped) {
    if (id === place.id && type === place.type && role.scope === place.type) {
      bits |= grantedBy(copy, role, organization, permission);
    }
  }
  return bits;
}

function grantedBy(copy: Copy, role: Role, organization: string, permission: string): number {
  let bits = role.grants.get(permission) ?? 0;
  if (role.featured === null) return bits;
  for (const feature of copy.organizations.get(organization)?.features ?? []) {
    bits |= role.featured.get(feature)?.get(permission) ?? 0;
  }
  return bits;
}
