import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import type { Present } from './present.ts';
import type { Acknowledged, Finding } from './run.ts';
import { pairOf } from './truth.ts';

/** Outcomes by which a deletion is in force; `queued` and `held` are not, and `failed` is repaired later. */
const IN_FORCE = new Set(['applied', 'stale']);
const EVERY_MS = 250;

/** Looks while everything goes wrong: nobody who is out is let in again, and no cutoff goes back. */
export class Sampler {
  readonly #reader: Sql;
  readonly #auditor: Sql;
  readonly #present: Present;
  readonly #gonePairs = new Map<string, { readonly delivery: string; readonly membership: string }>();
  readonly #goneUsers = new Map<string, string>();
  readonly #goneOrganizations = new Map<string, string>();
  readonly #cutoffs = new Map<string, number>();
  readonly #resurrected = new Set<string>();
  readonly #decreased = new Set<string>();
  readonly #asking = new Set<Promise<void>>();
  /** Milliseconds from a removal's sending, that was acknowledged, to somebody's being refused. */
  readonly refusedAfter: number[] = [];
  #samples = 0;
  #ended = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(reader: Sql, auditor: Sql, present: Present) {
    this.#reader = reader;
    this.#auditor = auditor;
    this.#present = present;
  }

  start(): void {
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#looking;
    await Promise.all(this.#asking);
  }

  acknowledged(taken: Acknowledged): void {
    if (!IN_FORCE.has(taken.outcome)) return;
    const removal = this.#present.removedBy(taken.delivery);
    if (removal === undefined) return;
    const { organization, user, membership } = removal;
    if (organization === null && user !== null) this.#goneUsers.set(user, taken.delivery);
    if (organization !== null && user === null) this.#goneOrganizations.set(organization, taken.delivery);
    if (organization === null || user === null || membership === null) return;
    if (this.#present.latestMembership(organization, user) !== membership) return;
    this.#gonePairs.set(pairOf(organization, user), { delivery: taken.delivery, membership });
    const asked = this.#askAtOnce(organization, user, membership, taken).finally(() =>
      this.#asking.delete(asked),
    );
    this.#asking.add(asked);
  }

  findings(): Finding[] {
    return [
      {
        promise: 'nobody whose removal was acknowledged is let in again',
        checked: this.#gonePairs.size + this.#goneUsers.size + this.#goneOrganizations.size,
        broken: [...this.#resurrected],
      },
      { promise: 'cutoffs never decrease', checked: this.#samples, broken: [...this.#decreased] },
    ];
  }

  async #askAtOnce(
    organization: string,
    user: string,
    membership: string,
    taken: Acknowledged,
  ): Promise<void> {
    try {
      const [row] = await this.#reader<{ still: boolean }[]>`
        select exists (select from rolecall.members where organization_id = ${organization} and user_id = ${user}) as still`;
      if (row?.still === false) this.refusedAfter.push(performance.now() - taken.sentAt);
      else this.#suspect(organization, user, { delivery: taken.delivery, membership });
    } catch {
      // The database is away; the samples see it later.
    }
  }

  async #look(): Promise<void> {
    while (!this.#ended) {
      try {
        await this.#sample();
        this.#samples += 1;
      } catch {
        // The database is away.
      }
      await delay(EVERY_MS);
    }
  }

  async #sample(): Promise<void> {
    // Whoever is acknowledged to be gone from here on may still be in what is read.
    const [pairs, users] = [new Map(this.#gonePairs), new Map(this.#goneUsers)];
    const organizations = new Map(this.#goneOrganizations);
    const members = await this.#reader<{ organization: string; user: string }[]>`
      select organization_id as organization, user_id as user from rolecall.members`;
    for (const { organization, user } of members) {
      const gone = pairs.get(pairOf(organization, user));
      if (gone !== undefined) this.#suspect(organization, user, gone);
      const below = users.get(user) ?? organizations.get(organization);
      if (below !== undefined) this.#resurrected.add(sentence(organization, user, below));
    }
    const cutoffs = await this.#auditor<{ of: string; at: string }[]>`
      select 'member ' || organization_id || '/' || user_id as of, cutoff as at from rolecall.pairs where cutoff is not null
      union all select 'user ' || id, cutoff from rolecall.users where cutoff is not null
      union all select 'role ' || key, cutoff from rolecall.role_keys where cutoff is not null
      union all select 'organization ' || id, cutoff from rolecall.organizations where cutoff is not null
      union all select 'revision', revision from rolecall.counter`;
    this.#compare(cutoffs.map(({ of, at }) => [of, Number(at)]));
  }

  #compare(cutoffs: readonly (readonly [string, number])[]): void {
    const now = new Map(cutoffs);
    for (const [of, before] of this.#cutoffs) {
      const at = now.get(of);
      if (at === undefined || at < before)
        this.#decreased.add(`${of} went from ${before} to ${at ?? 'none'}`);
    }
    for (const [of, at] of now) this.#cutoffs.set(of, at);
  }

  /** Rejoining is another matter: nobody may tell from what is read whether it was there already. */
  #suspect(organization: string, user: string, gone: { delivery: string; membership: string }): void {
    if (this.#present.latestMembership(organization, user) !== gone.membership) return;
    this.#resurrected.add(sentence(organization, user, gone.delivery));
  }
}

const sentence = (organization: string, user: string, delivery: string): string =>
  `${user} is let into ${organization} after ${delivery} was acknowledged`;
