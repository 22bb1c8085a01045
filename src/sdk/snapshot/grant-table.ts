import type { Scope } from '../../domain/grant.ts';
import { EVERY } from '../../domain/grant.ts';
import type { SentGrant } from './protocol.ts';

/** How a permission is held, as bits. Held outright contains both conditions: or is union, and is intersection. */
export const OUTRIGHT = 1;
export const OWN = 2;
export const ASSIGNED = 4;
const ANYHOW = OUTRIGHT | OWN | ASSIGNED;

/** Permissions and how each is held. */
export type Held = ReadonlyMap<string, number>;

/** The same by place: the organization itself, one resource, or all of a type. */
export type HeldByPlace = ReadonlyMap<string, Held>;

/** The organization itself. */
export const HERE = '';

/** Types and ids hold no slash. */
export function placeText({ type, id }: Scope): string {
  return `${type}/${id}`;
}

export function everyPlace(type: string): string {
  return placeText({ type, id: EVERY });
}

/** What a role grants: it says nothing of places, its scope does. */
export function heldOf(grants: readonly SentGrant[]): Map<string, number> {
  const held = new Map<string, number>();
  for (const { permission, only } of grants) add(held, permission, bitsOf(only));
  return held;
}

/** What one member was told to hold, place by place. */
export function heldByPlace(grants: readonly SentGrant[]): Map<string, Map<string, number>> {
  const places = new Map<string, Map<string, number>>();
  for (const { permission, only, scope } of grants) {
    add(heldAt(places, scope == null ? HERE : placeText(scope)), permission, bitsOf(only));
  }
  return places;
}

/** The table of a place, made if there is none. */
export function heldAt(places: Map<string, Map<string, number>>, place: string): Map<string, number> {
  const found = places.get(place);
  if (found !== undefined) return found;
  const made = new Map<string, number>();
  places.set(place, made);
  return made;
}

export function add(held: Map<string, number>, permission: string, bits: number): void {
  held.set(permission, (held.get(permission) ?? 0) | bits);
}

/** Whether two tables come to the same everywhere, however many words they need for it. */
export function sameEverywhere(a: HeldByPlace, b: HeldByPlace): boolean {
  return within(a, b) && within(b, a);
}

function within(a: HeldByPlace, b: HeldByPlace): boolean {
  return [...a].every(([place, held]) => {
    const every = b.get(everyPlace(place.split('/', 1)[0] ?? ''));
    const here = b.get(place);
    return [...held].every(([permission, bits]) => {
      const other = (here?.get(permission) ?? 0) | (place === HERE ? 0 : (every?.get(permission) ?? 0));
      return (bits & ~other) === 0;
    });
  });
}

function bitsOf(only: SentGrant['only']): number {
  if (only == null) return ANYHOW;
  return only === 'own' ? OWN : ASSIGNED;
}
