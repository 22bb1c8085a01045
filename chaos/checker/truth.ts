import type { HistoryEntry } from '../../src/testing/clerk/history.ts';

/** A role from a moment on; `told` when news of it was sent, `inTime` when it was sent while it was news. */
interface Stay {
  readonly at: number;
  readonly role: string;
  readonly told: boolean;
  readonly inTime: boolean;
}

/** One membership id, from joining to leaving. */
export interface Incarnation {
  readonly id: string;
  readonly organization: string;
  readonly user: string;
  readonly stays: Stay[];
  ended: {
    readonly at: number;
    readonly how: 'told' | 'silently' | 'with_organization' | 'with_user';
  } | null;
}

interface Definition {
  readonly at: number;
  readonly permissions: readonly string[];
  readonly told: boolean;
}

interface Person {
  suspended: boolean;
  deprovisionedAt: number[];
  everSuspended: boolean;
  /** The latest time at which anything was said of the user itself. */
  latest: number;
  gone: boolean;
}

interface SignedIn {
  readonly user: string;
  readonly createdAt: number;
  alive: boolean;
}

export const pairOf = (organization: string, user: string): string => `${organization}/${user}`;

/** What the provider's own history says, read once from its beginning. */
export class Truth {
  readonly incarnations = new Map<string, Incarnation>();
  /** By role key, oldest first. */
  readonly definitions = new Map<string, Definition[]>();
  readonly users = new Map<string, Person>();
  readonly organizations = new Map<string, { gone: boolean }>();
  readonly sessions = new Map<string, SignedIn>();
  readonly permissions = new Set<string>();
  /** The latest time at which anything was said of a member. */
  readonly latest = new Map<string, number>();
  readonly #current = new Map<string, Incarnation>();

  constructor(
    history: readonly HistoryEntry[],
    lost: ReadonlySet<string> = new Set(),
    late: ReadonlySet<string> = new Set(),
  ) {
    for (const entry of history) this.#read(entry, lost, late);
  }

  /** Everybody who was ever a member of something. */
  pairs(): { readonly organization: string; readonly user: string }[] {
    const seen = new Map(
      [...this.incarnations.values()].map((one) => [pairOf(one.organization, one.user), one]),
    );
    return [...seen.values()].map(({ organization, user }) => ({ organization, user }));
  }

  roleOf(organization: string, user: string): string | null {
    return this.#current.get(pairOf(organization, user))?.stays.at(-1)?.role ?? null;
  }

  /** What the member holds now; nothing while suspended. */
  holds(organization: string, user: string): ReadonlySet<string> {
    const role = this.roleOf(organization, user);
    if (role === null || this.users.get(user)?.suspended !== false) return new Set();
    return new Set(this.definitions.get(role)?.at(-1)?.permissions);
  }

  #read(entry: HistoryEntry, lost: ReadonlySet<string>, late: ReadonlySet<string>): void {
    const sent = (prefix: string) =>
      entry.events.some(({ id, type }) => type.startsWith(prefix) && !lost.has(id));
    const inTime = entry.events.every(({ id }) => !late.has(id));
    const { at } = entry;
    for (const write of entry.writes) {
      switch (write.table) {
        case 'memberships': {
          const known = this.incarnations.get(write.id);
          if (write.value === null) {
            if (known !== undefined) this.#end(known, entry, sent('organizationMembership.'));
            break;
          }
          const { organizationId, userId, role } = write.value;
          const one = known ?? {
            id: write.id,
            organization: organizationId,
            user: userId,
            stays: [],
            ended: null,
          };
          one.stays.push({ at, role, told: sent('organizationMembership.'), inTime });
          this.incarnations.set(write.id, one);
          this.#current.set(pairOf(organizationId, userId), one);
          this.latest.set(pairOf(organizationId, userId), at);
          break;
        }
        case 'roles': {
          if (write.value === null) break;
          const { key, permissions } = write.value;
          const known = this.definitions.get(key) ?? [];
          this.definitions.set(key, [...known, { at, permissions, told: sent('role.') }]);
          break;
        }
        case 'users': {
          const known = this.users.get(write.id);
          const suspended = write.value === null || write.value.banned || write.value.deprovisioned;
          const newlyDeprovisioned = write.value?.deprovisioned === true && known?.suspended !== true;
          this.users.set(write.id, {
            suspended,
            deprovisionedAt: [...(known?.deprovisionedAt ?? []), ...(newlyDeprovisioned ? [at] : [])],
            everSuspended: suspended || known?.everSuspended === true,
            latest: at,
            gone: write.value === null,
          });
          break;
        }
        case 'organizations':
          this.organizations.set(write.id, { gone: write.value === null });
          break;
        case 'sessions': {
          const known = this.sessions.get(write.id);
          if (write.value === null) {
            if (known !== undefined) known.alive = false;
            break;
          }
          const alive = write.value.status === 'active' || write.value.status === 'pending';
          const { userId: user, createdAt } = write.value;
          this.sessions.set(write.id, { user, createdAt, alive });
          break;
        }
        case 'permissions':
          if (write.value !== null) this.permissions.add(write.value.key);
          break;
        case 'invitations':
        case 'apiKeys':
          break;
      }
    }
  }

  #end(one: Incarnation, { at, what }: HistoryEntry, told: boolean): void {
    const how =
      what === 'deleteUser'
        ? 'with_user'
        : what === 'deleteOrganization' && !told
          ? 'with_organization'
          : told
            ? 'told'
            : 'silently';
    one.ended = { at, how };
    const pair = pairOf(one.organization, one.user);
    this.#current.delete(pair);
    this.latest.set(pair, at);
  }
}
