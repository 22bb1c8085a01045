import { effectiveRoles } from '../policy/effective-roles.ts';
import type { ResolvedRole } from '../policy/resolved-policy.ts';
import type { ListingStore } from './ports.ts';

/** What roles there are and what they are called, for the dialog in which somebody picks one. */
export interface DescribedRoles {
  /** Null while the provider's own roles are all there is. */
  readonly policy: { readonly name: string; readonly version: number } | null;
  readonly roles: Readonly<Record<string, ResolvedRole>>;
  /** Descriptions by key; the provider tells none of its own. */
  readonly permissions: Readonly<Record<string, string>>;
}

export async function describeRoles(listing: Pick<ListingStore, 'readRoles'>): Promise<DescribedRoles> {
  const { policy, provided } = await listing.readRoles();
  const roles = effectiveRoles(policy?.document ?? null, provided);
  const granted = Object.values(roles).flatMap(({ grants }) => grants.map(({ permission }) => permission));
  const described = new Map([
    ...granted.map((permission) => [permission, ''] as const),
    ...Object.entries(policy?.document.permissions ?? {}),
  ]);
  return {
    policy: policy === null ? null : { name: policy.document.name, version: policy.version },
    roles,
    permissions: Object.fromEntries([...described].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
