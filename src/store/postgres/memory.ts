import type { CompiledPolicy } from '../../domain/compiled-policy.ts';
import type { Facts } from '../../domain/facts.ts';
import type { FactKeys, Reading } from '../../pipeline/ports.ts';

/**
 * What a process remembers of its readings. Nothing is believed because of it: a policy never changes under its digest,
 * and a commit refuses what was presumed wrongly. On Workers it outlives the request.
 */
export interface Memory {
  seenPolicy: { readonly digest: string; readonly policy: CompiledPolicy } | null;
  /** Of one version of the catalogue, what was read of it since `readAt`. */
  catalog: (Pick<Reading, 'basis' | 'providerInstance'> & CatalogFacts & { readonly readAt: number }) | null;
  /** How many presumptions the last wrong one costs, and how many of these are still to be left out. */
  penalty: number;
  abstain: number;
}

type CatalogFacts = Pick<Facts, 'policy' | 'roles' | 'roleKeys' | 'permissionKeys'>;

/** Milliseconds. What a commit does not check, the definition that a role key stands for, is no older than this. */
const FRESH_MS = 5_000;
const MOST_PENALTY = 64;

export function emptyMemory(): Memory {
  return { seenPolicy: null, catalog: null, penalty: 0, abstain: 0 };
}

export function remember(memory: Memory, keys: FactKeys, reading: Reading): void {
  if (keys.roleKeys.length === 0) return;
  const { facts, basis, providerInstance } = reading;
  const now = Date.now();
  const known = memory.catalog;
  const older =
    known !== null && known.basis.catalogVersion === basis.catalogVersion && now - known.readAt < FRESH_MS
      ? known
      : null;
  // Nearly always: a reading on the way in must not copy what is known.
  if (older !== null && keys.roleKeys.every((key) => older.roleKeys.has(key))) return;
  memory.catalog = {
    readAt: older?.readAt ?? now,
    providerInstance,
    policy: facts.policy,
    roles: new Map([...(older?.roles ?? []), ...facts.roles]),
    roleKeys: new Map([...(older?.roleKeys ?? []), ...facts.roleKeys]),
    permissionKeys: facts.permissionKeys,
    basis: {
      catalogVersion: basis.catalogVersion,
      presumed: true,
      rowVersions: new Map([...(older?.basis.rowVersions ?? []), ...catalogVersions(basis.rowVersions)]),
    },
  };
}

/** The rows as they would be read if none of these memberships were known; null where that is no good guess. Of their
 * users only matters that they are not suspended: the commit looks. */
export function presume(memory: Memory, keys: FactKeys): Reading | null {
  const { catalog } = memory;
  if (catalog === null || Date.now() - catalog.readAt >= FRESH_MS || asksForMore(keys)) return null;
  if (catalog.policy?.readsOrganizations === true || (catalog.policy?.firstMembers ?? null) !== null)
    return null;
  if (!keys.roleKeys.every((key) => catalog.roleKeys.has(key))) return null;
  if (memory.abstain > 0) {
    memory.abstain -= 1;
    return null;
  }
  const { policy, roles, roleKeys, permissionKeys, basis, providerInstance } = catalog;
  const none = new Map<string, never>();
  return {
    facts: {
      ...{ policy, roles, roleKeys, permissionKeys },
      ...{ users: none, organizations: none, permissions: none, sessions: none, invitations: none },
      ...{ members: none, memberships: none },
    },
    basis,
    providerInstance,
    deliveries: none,
  };
}

/** A wrong guess costs a commit that came to nothing: where they are many, fewer are made. */
export function learn(memory: Memory, right: boolean): void {
  memory.penalty = right ? 0 : Math.min(MOST_PENALTY, Math.max(1, memory.penalty * 2));
  memory.abstain = memory.penalty;
}

function asksForMore(keys: FactKeys): boolean {
  const { organizations, sessions, invitations } = keys;
  return keys.catalog || [organizations, sessions, invitations].some((wanted) => wanted.length > 0);
}

function catalogVersions(rowVersions: ReadonlyMap<string, number>): [string, number][] {
  return [...rowVersions].filter(([key]) => /^(roles|roleKeys|permissionKeys) /.test(key));
}
