import type { OwedEffect } from '../domain/effects.ts';
import { losersAmong } from '../domain/losers.ts';
import type { Decider } from './decide-and-commit.ts';
import { factKeys } from './fact-keys.ts';
import type { AttemptResult, LeasedEffect } from './ports.ts';

/** Members looked at at once: some milliseconds of the database's time. */
const PAGE = 500;

/** What a single attempt may take: this is the least urgent work there is, and its place is wanted by what is urgent. */
const MOST_MS = 1_000;

/**
 * Finds out who lost something by a change that reached them unseen, a page of members at a time, and owes the
 * revocation of each: the provider is not called for it. The cursor is stored with what is owed, so that whoever takes
 * over after a crash goes on from there.
 */
export async function revokeHolders(
  { store, clock }: Pick<Decider, 'store' | 'clock'>,
  leased: LeasedEffect,
  { cause, organizationId, at, before }: Extract<OwedEffect, { kind: 'revoke_holders' }>,
): Promise<AttemptResult> {
  const until = clock.now() + MOST_MS;
  const first = before.policy?.firstMembers ?? null;
  // Other policies and features reach holders of any role.
  const roles = cause === 'role' ? { roles: Object.keys(before.roles) } : {};
  for (let { reached } = leased; ; ) {
    const wanted = { organizationId, reached, most: PAGE, at, firstCount: first?.count ?? 0, ...roles };
    const page = await store.readHolders(wanted);
    if (page.reached === null) return { result: 'done' };
    const { holders } = page;
    const { facts } = await store.read({
      ...factKeys([], []),
      pairs: holders.map((one) => [one.organizationId, one.userId] as const),
      organizations: [...new Set(holders.map((one) => one.organizationId))],
      roleKeys: first === null ? [] : [first.role],
    });
    const losers = holders.length === 0 ? [] : losersAmong(facts, before, holders);
    // Somebody else has the lease, and goes on from where it stands: settling finds that out too.
    if (!(await store.oweRevocations(leased, page.reached, losers))) return { result: 'done' };
    if (!page.more) return { result: 'done' };
    if (clock.now() > until) return { result: 'paused', error: 'more_members', retryInMs: 0, pauseMs: null };
    reached = page.reached;
  }
}
