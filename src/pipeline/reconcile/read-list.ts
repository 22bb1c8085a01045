import {
  type LeasedReconciliation,
  LISTS,
  type List,
  type Provider,
  type ProviderAnswer,
  type ProviderFailure,
  type ProviderPage,
  type Stage,
} from '../ports.ts';
import type { Reconciler } from './reconciler.ts';
import { takePage } from './take-page.ts';

/**
 * So much of a page is asked for again with the next one: whoever leaves meanwhile moves all who joined later forward,
 * and those who were passed over by it would look absent.
 */
const OVERLAP = 50;

/** Past these the provider is not telling the truth, and its pages would never end. */
const MOST_LISTED = 20_000_000;
const MOST_UNCOUNTED = 5_000;

export interface LeasedList extends LeasedReconciliation {
  readonly stage: List;
}

/** Asks for the next page of one of the provider's lists, and takes it. Null when that was done. */
export async function readList(
  reconciler: Reconciler,
  leased: LeasedList,
): Promise<ProviderFailure | 'endless_pages' | null> {
  const offset = Math.max(0, leased.position - OVERLAP);
  const asked = await ask(reconciler.provider, leased, offset);
  if ('failure' in asked) return asked;
  const { evidence, unreadable, more, total } = asked.answer;
  const listed = Math.max(leased.position, offset + evidence.length + unreadable.length);
  if (more) {
    const isUncounted = total !== null && listed > total + MOST_UNCOUNTED;
    if (isUncounted || listed > MOST_LISTED) return 'endless_pages';
    // A page that is no larger than what is asked for twice would be asked for for ever.
    if (listed <= leased.position) return { failure: 'unexpected' };
  }
  const stage = more ? leased.stage : stageAfter(leased.stage);
  if (unreadable.length > 0) {
    const about = { reconciliation: leased.id, stage: leased.stage, first: unreadable[0] ?? null };
    reconciler.log.error('reconciled_unreadable', { ...about, many: unreadable.length });
  }
  const page = { evidence, unreadable };
  await takePage(reconciler, leased, page, { stage, listed, total: more ? total : listed });
  return null;
}

async function ask(
  provider: Provider,
  { stage, organizationId }: LeasedList,
  offset: number,
): Promise<ProviderAnswer<ProviderPage>> {
  switch (stage) {
    case 'roles':
      return provider.roles(offset);
    case 'organizations': {
      if (organizationId === null) return provider.organizations(offset);
      const asked = await provider.organization(organizationId);
      if ('failure' in asked) return asked;
      return { answer: { evidence: asked.answer, unreadable: [], more: false, total: asked.answer.length } };
    }
    case 'users':
      return provider.users(organizationId, offset);
    case 'memberships':
      return provider.memberships(organizationId, offset);
  }
}

function stageAfter(list: List): Stage {
  return LISTS[LISTS.indexOf(list) + 1] ?? 'absences';
}
