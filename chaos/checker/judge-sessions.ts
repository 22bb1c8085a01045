import type { Sql } from 'postgres';
import type { Evidence, Finding } from './run.ts';
import type { Incarnation, Truth } from './truth.ts';

interface Loss {
  readonly user: string;
  readonly at: number;
  readonly what: string;
}

/** Losses that sign the user out, by whatever way the news came: those that may depend on it are left out. */
export function certainLosses(truth: Truth): Loss[] {
  return [
    ...[...truth.incarnations.values()].flatMap((one) => [...removal(one), ...reductions(truth, one)]),
    ...[...truth.users].flatMap(([user, { deprovisionedAt }]) =>
      deprovisionedAt.map((at) => ({ user, at, what: 'deprovisioned' })),
    ),
  ];
}

function removal({ user, organization, ended, stays, id }: Incarnation): Loss[] {
  if (ended === null || ended.how === 'with_organization' || ended.how === 'with_user') return [];
  if (ended.how === 'silently' && !stays.some(({ told }) => told)) return [];
  return [{ user, at: ended.at, what: `removed from ${organization} (${id})` }];
}

function reductions(truth: Truth, { user, organization, stays, id }: Incarnation): Loss[] {
  // Of whoever held nothing at that moment, nothing can be taken.
  if (truth.users.get(user)?.everSuspended !== false || truth.organizations.get(organization)?.gone !== false)
    return [];
  return stays.flatMap((after, n) => {
    const before = stays[n - 1];
    // What was believed only when it was over, signs nobody out.
    if (before?.told !== true || !before.inTime || !(after.told || n === stays.length - 1)) return [];
    const lost = always(truth, before.role).filter((permission) => !ever(truth, after.role).has(permission));
    return lost.length === 0
      ? []
      : [{ user, at: after.at, what: `lost ${lost.join(' ')} in ${organization} (${id})` }];
  });
}

const always = (truth: Truth, role: string): string[] => {
  const [first, ...others] = truth.definitions.get(role) ?? [];
  return (first?.permissions ?? []).filter((one) =>
    others.every(({ permissions }) => permissions.includes(one)),
  );
};

const ever = (truth: Truth, role: string): Set<string> =>
  new Set(truth.definitions.get(role)?.flatMap(({ permissions }) => permissions));

/** Whoever was there before the loss is signed out; who came after anything was said of the user is not. */
export async function judgeSessions(truth: Truth, evidence: Evidence, auditor: Sql): Promise<Finding[]> {
  const losses = certainLosses(truth);
  const answered = await auditor<{ user: string; at: number }[]>`
    select user_id as user, max(cutoff_at)::float8 as at from rolecall.changes
     where cause <> 'delivery' and user_id is not null and cutoff_at is not null group by user_id`;
  const byAnswer = new Map(answered.map(({ user, at }) => [user, at]));
  return [
    {
      promise: 'sessions from before a loss are revoked at the provider',
      checked: losses.length,
      broken: leftAlive(truth, losses),
    },
    {
      promise: 'younger sessions survive',
      checked: evidence.revocations.filter(({ by }) => by === 'api').length,
      broken: needlessly(truth, evidence, byAnswer),
    },
  ];
}

export function leftAlive(truth: Truth, losses: readonly Loss[]): string[] {
  const alive = [...truth.sessions].filter(([, session]) => session.alive);
  return losses.flatMap((loss) =>
    alive
      .filter(([, { user, createdAt }]) => user === loss.user && createdAt <= loss.at)
      .map(
        ([id]) => `${id} of ${loss.user} lives, who was ${loss.what} at ${new Date(loss.at).toISOString()}`,
      ),
  );
}

export function needlessly(
  truth: Truth,
  { revocations }: Pick<Evidence, 'revocations'>,
  byAnswer: ReadonlyMap<string, number>,
): string[] {
  const latest = new Map<string, number>();
  for (const [pair, at] of truth.latest) {
    const user = pair.slice(pair.indexOf('/') + 1);
    latest.set(user, Math.max(latest.get(user) ?? 0, at));
  }
  return revocations.flatMap(({ sessionId, by }) => {
    const session = truth.sessions.get(sessionId);
    if (by !== 'api' || session === undefined) return [];
    const { user, createdAt } = session;
    const most = Math.max(latest.get(user) ?? 0, truth.users.get(user)?.latest ?? 0, byAnswer.get(user) ?? 0);
    return createdAt <= most
      ? []
      : [`${sessionId} of ${user} was revoked, which began after anything was said of them`];
  });
}
