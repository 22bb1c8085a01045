import type { Sql } from 'postgres';
import type { Finding } from './run.ts';
import { pairOf, type Truth } from './truth.ts';

interface Row {
  readonly of: 'member' | 'user';
  readonly id: string;
  readonly cutoff: number;
  /** When an answer of the provider that moved it to there was written down. */
  readonly answered: number | null;
}

/**
 * Rule 10: no member or user is cut off later than the latest thing that was said of them, by event or by answer.
 * Whoever leaves a role takes its cutoff along.
 */
export async function judgeCutoffs(truth: Truth, auditor: Sql): Promise<Finding> {
  const rows = await auditor<Row[]>`
    select c.of, c.id, c.cutoff::float8 as cutoff,
           (select max(floor(extract(epoch from h.recorded_at) * 1000))::float8 from rolecall.changes as h
             where h.cutoff_of = c.of and h.cutoff_id = c.id and h.cutoff_at = c.cutoff and h.cause <> 'delivery') as answered
      from (select 'member' as of, organization_id || '/' || user_id as id, cutoff from rolecall.pairs
            union all select 'user', id, cutoff from rolecall.users) as c
     where c.cutoff is not null`;
  const roles = await auditor<{ key: string; cutoff: number }[]>`
    select key, cutoff::float8 as cutoff from rolecall.role_keys where cutoff is not null`;
  return {
    promise: 'no cutoff of a member or user is later than what was said of them',
    checked: rows.length,
    broken: tooLate(truth, rows, new Map(roles.map(({ key, cutoff }) => [key, cutoff]))),
  };
}

export function tooLate(
  truth: Truth,
  rows: readonly Row[],
  cutoffOfRole: ReadonlyMap<string, number>,
): string[] {
  const ofRoles = new Map<string, number>();
  for (const { organization, user, stays } of truth.incarnations.values()) {
    const pair = pairOf(organization, user);
    const roles = stays.map(({ role }) => cutoffOfRole.get(role) ?? 0);
    ofRoles.set(pair, Math.max(ofRoles.get(pair) ?? 0, ...roles));
  }
  return rows.flatMap(({ of, id, cutoff, answered }) => {
    const said = of === 'member' ? truth.latest.get(id) : truth.users.get(id)?.latest;
    const most = Math.max(said ?? 0, answered ?? 0, ofRoles.get(id) ?? 0);
    if (cutoff <= most) return [];
    return [
      `${of} ${id} is cut off ${cutoff - most} ms after anything was said (${new Date(cutoff).toISOString()})`,
    ];
  });
}
