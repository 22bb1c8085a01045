import * as v from 'valibot';
import { pairOf } from './truth.ts';

const text = v.nullable(v.string());
const Grants = v.array(v.object({ permission: v.string(), only: v.optional(v.string()) }));
const Holding = { contested: v.optional(v.boolean(), false), waiting: v.optional(v.array(v.unknown()), []) };

export const Change = v.looseObject({
  revision: v.number(),
  kind: v.string(),
  organization: text,
  user: text,
  role: text,
  permissions: Grants,
  cutoff: v.nullable(v.object({ of: v.string(), id: v.string(), at: v.string() })),
  ...Holding,
});
export type Change = v.InferOutput<typeof Change>;

export const Line = v.variant('kind', [
  v.looseObject({ kind: v.literal('snapshot'), epoch: v.string(), revision: v.number() }),
  v.looseObject({ kind: v.literal('role'), role: v.string(), grants: Grants, cutoff: text }),
  v.looseObject({ kind: v.literal('organization'), organization: v.string(), cutoff: text }),
  v.looseObject({
    kind: v.literal('member'),
    organization: v.string(),
    user: v.string(),
    role: v.string(),
    cutoff: text,
    ...Holding,
  }),
  v.looseObject({ kind: v.literal('former_member') }),
  v.looseObject({ kind: v.literal('user'), user: v.string(), suspended: v.optional(v.boolean(), false) }),
  v.looseObject({ kind: v.literal('session') }),
  v.looseObject({ kind: v.literal('end'), revision: v.number(), members: v.number() }),
]);
export type Line = v.InferOutput<typeof Line>;

/** What an app keeps, made as `docs/feed.md` says and by nothing else. */
export class FeedCopy {
  readonly #members = new Map<string, { organization: string; user: string; says: string }>();
  readonly #roles = new Map<string, string>();
  readonly #suspended = new Set<string>();
  readonly #goneUsers = new Set<string>();
  readonly cutoffs = new Map<string, number>();
  revision = 0;
  epoch = '';

  static from(lines: readonly Line[]): FeedCopy {
    const copy = new FeedCopy();
    for (const line of lines) copy.#read(line);
    return copy;
  }

  #read(line: Line): void {
    switch (line.kind) {
      case 'snapshot':
        this.revision = line.revision;
        this.epoch = line.epoch;
        return;
      case 'member':
        return this.#place(line.organization, line.user, line.role, line);
      case 'role':
        return void this.#roles.set(line.role, grantsOf(line.grants));
      case 'user':
        return void (line.suspended && this.#suspended.add(line.user));
      // Cutoffs come with the changes, all of them: the copy begins before the first.
      case 'organization':
      case 'former_member':
      case 'session':
      case 'end':
        return;
    }
  }

  apply(change: Change): void {
    const { kind, organization, user, role, cutoff } = change;
    if (cutoff !== null) {
      const of = `${cutoff.of} ${cutoff.id}`;
      this.cutoffs.set(of, Math.max(this.cutoffs.get(of) ?? 0, Date.parse(cutoff.at)));
    }
    this.revision = change.revision;
    if (kind === 'role_changed' && role !== null) this.#roles.set(role, grantsOf(change.permissions));
    else if (kind === 'organization_deleted') this.#drop((member) => member.organization === organization);
    else if (kind === 'user_deleted' && user !== null) {
      this.#drop((member) => member.user === user);
      this.#goneUsers.add(user);
    } else if (kind === 'suspended' && user !== null) this.#suspended.add(user);
    else if (kind === 'restored' && user !== null) this.#suspended.delete(user);
    else if (organization !== null && user !== null) this.#place(organization, user, role, change);
  }

  /** One line for everything that it says, to be compared. */
  lines(): string[] {
    return [
      ...[...this.#members].map(([pair, { says }]) => `member ${pair} ${says}`),
      ...[...this.#roles].map(([role, grants]) => `role ${role} ${grants}`),
      // News of those who are gone may follow, and says nothing any more.
      ...[...this.#suspended].filter((user) => !this.#goneUsers.has(user)).map((user) => `suspended ${user}`),
    ];
  }

  #place(
    organization: string,
    user: string,
    role: string | null,
    { contested, waiting }: { readonly contested: boolean; readonly waiting: readonly unknown[] },
  ): void {
    const pair = pairOf(organization, user);
    if (role === null) this.#members.delete(pair);
    else {
      const says = `${role}${contested ? ' contested' : ''}${waiting.length > 0 ? ` waiting ${JSON.stringify(waiting)}` : ''}`;
      this.#members.set(pair, { organization, user, says });
    }
  }

  #drop(is: (member: { organization: string; user: string }) => boolean): void {
    for (const [pair, member] of this.#members) if (is(member)) this.#members.delete(pair);
  }
}

const grantsOf = (grants: v.InferOutput<typeof Grants>): string =>
  grants
    .map(({ permission, only }) => (only === undefined ? permission : `${permission} ${only}`))
    .sort()
    .join(' ');
