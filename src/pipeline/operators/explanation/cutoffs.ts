import { type Case, isStanding, rolesTold } from './case.ts';
import { type Because, because, changeThat, isoTime, sourceIn } from './trail.ts';

interface Found {
  readonly of: 'member' | 'user' | 'organization' | 'role' | 'left_role';
  readonly id: string;
  readonly at: number;
}

/** What refuses tokens of this user in this organization, the latest first. */
export function cutoffsOf(one: Case): readonly Found[] {
  const { question, member, user, organization, membership, derived, draft } = one;
  const { organizationId, userId } = question;
  const leftAt = one.provenance.leftCutoff ?? -1;
  const held = [...rolesTold(membership), ...(derived !== null && isStanding(one) ? [derived] : [])];
  const found = [
    { of: 'member' as const, id: `${organizationId}/${userId}`, at: member?.cutoff ?? null },
    { of: 'user' as const, id: userId, at: user?.cutoff ?? null },
    { of: 'organization' as const, id: organizationId, at: organization?.cutoff ?? null },
    // What the member's own cutoff refuses already need not be said twice.
    { of: 'left_role' as const, id: userId, at: leftAt > (member?.cutoff ?? -1) ? leftAt : null },
    ...[...new Set(held)].map((id) => ({
      of: 'role' as const,
      id,
      at: draft.roleKeys.get(id)?.cutoff ?? null,
    })),
  ];
  return found
    .flatMap(({ at, ...rest }) => (at === null ? [] : [{ ...rest, at }]))
    .sort((a, b) => b.at - a.at);
}

export function cutoffWords(one: Case): readonly Because[] {
  return cutoffsOf(one).map(({ of, id, at }) => {
    const change = changeThat(
      one.provenance,
      ({ cutoff }) => cutoff !== null && cutoff.of === of && cutoff.id === id && cutoff.at === isoTime(at),
    );
    const why = change === null ? '' : `, by change ${change.revision} (${change.kind.replaceAll('_', ' ')})`;
    const text = `${whoseTokens(one, of, id)} issued at or before ${isoTime(at)} are refused${why}`;
    return because(`cutoff_${of}`, text, change === null ? null : sourceIn(change));
  });
}

function whoseTokens({ question }: Case, of: Found['of'], id: string): string {
  const { organizationId, userId } = question;
  switch (of) {
    case 'member':
      return `Session tokens of ${userId} for ${organizationId}`;
    case 'user':
      return `All session tokens of ${userId}`;
    case 'organization':
      return `Session tokens of everybody in ${organizationId}`;
    case 'role':
      return `Session tokens of whoever holds ${id}`;
    case 'left_role':
      return `Session tokens of ${userId} that may carry a role they left, which granted more,`;
  }
}
