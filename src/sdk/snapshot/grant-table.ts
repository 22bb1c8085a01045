import type { SentGrant } from './protocol.ts';

/** How a permission is held, as bits: or is union. */
export const OUTRIGHT = 1;
export const OWN = 2;
export const ASSIGNED = 4;
const ANYHOW = OUTRIGHT | OWN | ASSIGNED;

/** Permissions and how each is held. */
export type Held = ReadonlyMap<string, number>;

export function heldOf(grants: readonly SentGrant[]): Held {
  const held = new Map<string, number>();
  for (const { permission, only } of grants) {
    const bits = only == null ? OUTRIGHT : only === 'own' ? OWN : ASSIGNED;
    held.set(permission, (held.get(permission) ?? 0) | bits);
  }
  return held;
}

/** What is held by something that also `other` allows: what is held outright may be held under conditions. */
export function allowedBy(bits: number, other: number): number {
  return bits & ((other & OUTRIGHT) !== 0 ? ANYHOW : other);
}
