import type { CompiledPolicy, CompiledRole } from '../../../src/domain/compiled-policy.ts';
import { type Decided, decide } from '../../../src/domain/decide/decide.ts';
import { type Consequences, DEFAULT_CONSEQUENCES, type OwedEffect } from '../../../src/domain/effects.ts';
import type {
  Evidence,
  InvitationSnapshot,
  MembershipSnapshot,
  OrganizationSnapshot,
  PermissionIdentity,
  RoleSnapshot,
  UserSnapshot,
} from '../../../src/domain/evidence.ts';
import type { ScopedRoles } from '../../../src/domain/facts.ts';
import { readAccess, tokenIsCurrent } from './reading.ts';
import { Store } from './store.ts';
import { membershipId, organizationId, userId } from './world.ts';

/** Seconds after a beginning, as milliseconds. */
export const second = (seconds: number) => 1_800_000_000_000 + seconds * 1000;

export interface Heard {
  readonly now?: number;
  readonly repeated?: boolean;
}

/** Rolecall with one organization, acme, and whoever is told of. All times are seconds after the beginning. */
export class House {
  readonly store: Store;
  readonly #consequences: Consequences;

  constructor(consequences: Partial<Consequences> = {}, policy: CompiledPolicy | null = null) {
    this.#consequences = { ...DEFAULT_CONSEQUENCES, ...consequences };
    this.store = new Store(policy);
  }

  static under(policy: CompiledPolicy): House {
    return new House({}, policy);
  }

  /** Takes the news one second after the provider stamped it, unless `now` (seconds) says otherwise. */
  hear(told: Evidence, heard: Heard = {}): Decided {
    const at = 'version' in told ? told.version.at : told.at;
    const observed = 'told' in told ? told.told === 'observed' : told.kind === 'membership-absent';
    return this.#decide([told], observed, at, heard);
  }

  /** One answer of the provider, with all that it tells. */
  observe(at: number, ...told: Evidence[]): Decided {
    return this.#decide(told, true, second(at), {});
  }

  #decide(evidence: Evidence[], observed: boolean, at: number, { now, repeated = false }: Heard): Decided {
    const clock = now === undefined ? at + 1000 : second(now);
    const items = [{ evidence, questions: [], observed, repeated }];
    const decision = decide(this.store.read(items), items, { now: clock, consequences: this.#consequences });
    this.store.commit(decision, clock);
    const [decided] = decision.items;
    if (decided === undefined) throw new Error('one item, one decision');
    return decided;
  }

  hearAll(...told: Evidence[]): void {
    for (const one of told) this.hear(one);
  }

  /** The role that counts; null for whoever is no member. */
  role(user = 'ada'): string | null {
    return readAccess(this.store.tables, 'acme', user)?.role ?? null;
  }

  /** Null for whoever is no member. */
  can(user = 'ada'): readonly string[] | null {
    return readAccess(this.store.tables, 'acme', user)?.permissions ?? null;
  }

  /** Whether a token minted in that second still passes. */
  accepts(minted: number, user = 'ada', session = 'sess_1'): boolean {
    const issuedAt = Math.floor(second(minted) / 1000);
    return tokenIsCurrent(this.store.tables, { user, organization: 'acme', session, issuedAt });
  }

  owed(): string[] {
    return [...this.store.owed.keys()].sort();
  }
}

export const revocations = (decided: Decided): OwedEffect[] =>
  decided.effects.filter((effect) => effect.kind === 'revoke_sessions');

export const lookups = (decided: Decided): string[] =>
  decided.effects.filter((effect) => effect.kind !== 'revoke_sessions').map((effect) => effect.kind);

interface MemberTold {
  readonly id?: string;
  readonly user?: string;
  readonly told?: MembershipSnapshot['told'];
  readonly created?: number;
  readonly list?: readonly string[] | null;
  readonly suspended?: boolean | null;
  /** Envelope or answer time, when it is not that of the change. */
  readonly at?: number;
  readonly scoped?: ScopedRoles;
  readonly organization?: MembershipSnapshot['organization'];
}

/** What the provider says of a member whose role was last changed at `updated`. */
export function member(role: string, updated: number, more: MemberTold = {}): MembershipSnapshot {
  const { created = 0, told = updated === created ? 'created' : 'updated' } = more;
  return {
    kind: 'membership',
    told,
    id: membershipId(more.id ?? 'mem_1'),
    organizationId: organizationId('acme'),
    userId: userId(more.user ?? 'ada'),
    role,
    scoped: more.scoped ?? {},
    flaws: [],
    organization: more.organization ?? null,
    permissions: more.list ?? null,
    createdAt: second(created),
    version: { updatedAt: second(updated), at: second(more.at ?? updated) },
    userSuspended: more.suspended ?? null,
  };
}

/** `created`: seconds; null where the message names the id alone. */
export function removed(
  at: number,
  { id = 'mem_1', created = 0 as number | null, user = 'ada' } = {},
): Evidence {
  const identity =
    created === null
      ? null
      : { organizationId: organizationId('acme'), userId: userId(user), createdAt: second(created) };
  return { kind: 'membership-deleted', id: membershipId(id), identity, at: second(at) };
}

export function absent(at: number, user = 'ada'): Evidence {
  return {
    kind: 'membership-absent',
    organizationId: organizationId('acme'),
    userId: userId(user),
    at: second(at),
  };
}

interface OrganizationTold {
  readonly told?: OrganizationSnapshot['told'];
  readonly at?: number;
  readonly features?: readonly string[];
  readonly agents?: Readonly<Record<string, readonly string[]>>;
}

/** What the provider says of acme, whose metadata was last changed at `updated`. */
export function acmeTold(updated: number, more: OrganizationTold = {}): OrganizationSnapshot {
  const { told = 'updated', at = updated, features = [], agents = {} } = more;
  return {
    kind: 'organization',
    told,
    id: organizationId('acme'),
    name: 'Acme',
    metadata: { updatedAt: second(updated), features, agents, flaws: [] },
    version: { updatedAt: second(updated), at: second(at) },
  };
}

export function invitation(
  updated: number,
  status: InvitationSnapshot['status'] = 'pending',
  inviter: string | null = 'ada',
): InvitationSnapshot {
  return {
    kind: 'invitation',
    id: 'inv_1',
    organizationId: organizationId('acme'),
    email: 'eve@example.com',
    role: 'viewer',
    scoped: {},
    inviterId: inviter === null ? null : userId(inviter),
    status,
    createdAt: second(0),
    expiresAt: null,
    version: { updatedAt: second(updated), at: second(updated) },
  };
}

/** A policy in the form that decisions use, of as much of one as matters. */
export function policy(more: Partial<CompiledPolicy>): CompiledPolicy {
  return {
    extendsProvider: false,
    scopes: {},
    roles: {},
    readsOrganizations: false,
    firstMembers: null,
    exactlyOne: [],
    ...more,
  };
}

export function grants(texts: readonly string[], more: Partial<CompiledRole> = {}): CompiledRole {
  return { scope: 'organization', grants: [...texts].sort(), featured: {}, invites: [], ...more };
}

interface RoleTold {
  readonly id?: string;
  readonly told?: RoleSnapshot['told'];
  readonly created?: number;
  readonly at?: number;
}

export function role(
  key: string,
  permissions: readonly (string | PermissionIdentity)[],
  updated = 0,
  more: RoleTold = {},
): RoleSnapshot {
  const { created = 0, told = updated === created ? 'created' : 'updated' } = more;
  return {
    kind: 'role',
    told,
    id: more.id ?? `role_${key}`,
    key,
    name: key,
    description: '',
    permissions: permissions.map((one) => (typeof one === 'string' ? permission(one) : one)),
    createdAt: second(created),
    version: { updatedAt: second(updated), at: second(more.at ?? updated) },
  };
}

export function permission(key: string, created = 0, id = `perm_${key}`): PermissionIdentity {
  return { id, key, createdAt: second(created) };
}

export function user(
  updated: number,
  {
    suspended = false,
    told = 'updated' as UserSnapshot['told'],
    password = null as number | null,
    at = updated,
  } = {},
): UserSnapshot {
  return {
    kind: 'user',
    told,
    id: userId('ada'),
    version: { updatedAt: second(updated), at: second(at) },
    suspended,
    passwordChangedAt: password === null ? null : second(password),
  };
}
