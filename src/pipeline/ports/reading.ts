import type { Facts } from '../../domain/facts.ts';
import type { OrganizationId, UserId } from '../../domain/ids.ts';

/** Which rows a decision needs. */
export interface FactKeys {
  readonly deliveries: readonly string[];
  readonly memberships: readonly string[];
  readonly pairs: readonly (readonly [OrganizationId, UserId])[];
  readonly users: readonly string[];
  readonly organizations: readonly string[];
  readonly sessions: readonly string[];
  readonly invitations: readonly string[];
  readonly roleKeys: readonly string[];
  readonly catalog: boolean;
}

/** Rows as they were read, and the store's own note of which state that was. */
export interface Reading {
  readonly facts: Facts;
  readonly basis: Basis;
  readonly providerInstance: string | null;
  /** Hashes of the asked-for deliveries that are held already, by id. */
  readonly deliveries: ReadonlyMap<string, string>;
}

export interface Basis {
  readonly catalogVersion: number;
  readonly rowVersions: ReadonlyMap<string, number>;
  /** Whether nothing was read for it: what was there was guessed. */
  readonly presumed: boolean;
}
