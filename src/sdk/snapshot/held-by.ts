import { ORGANIZATION } from '../../domain/compiled-policy.ts';
import { EVERY, type Scope } from '../../domain/grant.ts';
import type { Copy, Holding, Organization, Role } from './copy.ts';
import { add, everyPlace, HERE, type HeldByPlace, heldAt, placeText } from './grant-table.ts';

/** How a member holds a permission, there: bits, 0 for not at all. */
export function heldBy(
  copy: Copy,
  organization: Organization,
  holding: Holding,
  permission: string,
  place: Scope | null,
): number {
  const { role, scoped, bound } = holding;
  let bits = 0;
  if (place === null || copy.reaches.get(place.type) === true) {
    if (role.scope === ORGANIZATION) bits = grantedBy(role, organization, permission);
  }
  if (place !== null) {
    for (const { role: there, scope } of scoped) {
      if (scope.id === place.id && scope.type === place.type && there.scope === place.type) {
        bits |= grantedBy(there, organization, permission);
      }
    }
  }
  return bound === null || bits === 0 ? bits : bits & boundAt(bound, permission, place);
}

function grantedBy(role: Role, { features }: Organization, permission: string): number {
  let bits = role.grants.get(permission) ?? 0;
  if (role.featured !== null && features !== null) {
    for (const feature of features) bits |= role.featured.get(feature)?.get(permission) ?? 0;
  }
  return bits;
}

function boundAt(bound: HeldByPlace, permission: string, place: Scope | null): number {
  if (place === null) return bound.get(HERE)?.get(permission) ?? 0;
  const every = bound.get(everyPlace(place.type))?.get(permission) ?? 0;
  return every | (bound.get(placeText(place))?.get(permission) ?? 0);
}

/** All that a holding's roles grant now, place by place. */
export function grantedByRoles(
  copy: Copy,
  organization: Organization,
  { role, scoped }: Omit<Holding, 'bound'>,
): HeldByPlace {
  const places = new Map<string, Map<string, number>>();
  const put = (from: Role, place: string): void => {
    const on = organization.features ?? [];
    const tables = [from.grants, ...on.flatMap((feature) => from.featured?.get(feature) ?? [])];
    for (const table of tables) {
      for (const [permission, bits] of table) add(heldAt(places, place), permission, bits);
    }
  };
  if (role.scope === ORGANIZATION) {
    put(role, HERE);
    for (const [type, reaches] of copy.reaches) if (reaches) put(role, everyPlace(type));
  }
  for (const { role: there, scope } of scoped) {
    if (there.scope === scope.type && scope.id !== EVERY) put(there, placeText(scope));
  }
  return places;
}
