import type { OwedEffect } from '../domain/effects.ts';
import type { Evidence } from '../domain/evidence.ts';
import { MOST_ATTEMPTS, retryDelay } from '../domain/retry.ts';
import type { Decider } from './decide-and-commit.ts';
import { observe } from './observe.ts';
import {
  type AttemptResult,
  type LeasedEffect,
  type Log,
  type LogFields,
  type Provider,
  type ProviderAnswer,
  type ProviderFailure,
  StoreRejected,
} from './ports.ts';
import { reconciliationCause } from './reconcile/cause.ts';
import { revokeHolders } from './revoke-holders.ts';

export interface Executor extends Decider {
  readonly provider: Provider;
  readonly log: Log;
  /** From 0 to 1. */
  readonly chance: () => number;
}

/** What a single attempt may take: a user with a thousand sessions gives way to others in between. */
const MOST_MS = 15_000;

/** Past these the provider is not telling the truth: nobody has so many, and its pages would never end. */
const MOST_SESSIONS = 100_000;
const MOST_ROLES = 10_000;

export interface Attempt {
  readonly ended: AttemptResult;
  readonly calls: number;
}

/**
 * Carries out one effect, outside of any transaction. Never throws for what the provider does, nor for what the
 * database refuses of its answer: both are failed attempts, and those are counted.
 */
export async function executeEffect(executor: Executor, leased: LeasedEffect): Promise<Attempt> {
  // Whatever ended the attempts before, it ended their processes too: attempts are counted when they start.
  if (leased.attempts > MOST_ATTEMPTS) return { ended: dead(executor, leased, 'never_ended'), calls: 0 };
  try {
    return await execute(executor, leased);
  } catch (error) {
    if (!(error instanceof StoreRejected)) throw error;
    return { ended: tryAgain(executor, leased, 'refused_by_database'), calls: leased.calls };
  }
}

async function execute(executor: Executor, leased: LeasedEffect): Promise<Attempt> {
  const { effect } = leased;
  switch (effect.kind) {
    case 'revoke_sessions':
      return revokeSessions(executor, leased, effect);
    case 'revoke_holders':
      return { ended: await revokeHolders(executor, leased, effect), calls: 0 };
    case 'lookup_roles':
      return lookUpRoles(executor, leased);
    case 'lookup_member':
      return lookUp(executor, leased, await executor.provider.member(effect.organizationId, effect.userId));
    case 'lookup_user':
      return lookUp(executor, leased, await executor.provider.user(effect.userId));
    case 'lookup_organization':
      return lookUp(executor, leased, await executor.provider.organization(effect.organizationId));
    case 'check_constraints':
      await executor.store.checkConstraints(effect.organizationId);
      return { ended: { result: 'done' }, calls: 0 };
  }
}

async function revokeSessions(
  executor: Executor,
  leased: LeasedEffect,
  effect: Extract<OwedEffect, { kind: 'revoke_sessions' }>,
): Promise<Attempt> {
  if (effect.onlyWhenLast && (await executor.store.isMemberAnywhere(effect.userId))) {
    return { ended: { result: 'done' }, calls: 0 };
  }
  let calls = 0;
  let revocations = 0;
  const until = executor.clock.now() + MOST_MS;
  const spent = () => calls >= leased.calls || executor.clock.now() > until;
  let offset = leased.progress;
  const later = (): Attempt => {
    const ended = { result: 'paused', error: 'more_sessions', retryInMs: 0, pauseMs: null } as const;
    return { ended: { ...ended, progress: offset }, calls };
  };
  for (let more = true; more; ) {
    if (calls > 0 && spent()) return later();
    if (offset > MOST_SESSIONS) return { ended: tryAgain(executor, leased, 'endless_pages'), calls };
    const page = await executor.provider.sessions(effect.userId, offset);
    calls += 1;
    if ('failure' in page) return { ended: afterFailure(executor, leased, page), calls };
    for (const session of page.answer.sessions) {
      if (!session.live || session.createdAt > effect.cutoff) continue;
      // One at least: an attempt that only lists would be repeated for ever.
      if (revocations > 0 && spent()) return later();
      const revoked = await executor.provider.revokeSession(session.id);
      calls += 1;
      revocations += 1;
      if ('failure' in revoked) return { ended: afterFailure(executor, leased, revoked), calls };
      executor.log.info('session_revoked', {
        ...logged(leased),
        user: effect.userId,
        session: session.id,
      });
    }
    offset += page.answer.sessions.length;
    more = page.answer.more;
  }
  return { ended: { result: 'done' }, calls };
}

async function lookUpRoles(executor: Executor, leased: LeasedEffect): Promise<Attempt> {
  const evidence: Evidence[] = [];
  let calls = 0;
  for (let offset = 0, more = true; more; offset = evidence.length) {
    if (offset > MOST_ROLES) return { ended: tryAgain(executor, leased, 'endless_pages'), calls };
    const page = await executor.provider.roles(offset);
    calls += 1;
    if ('failure' in page) return { ended: afterFailure(executor, leased, page), calls };
    evidence.push(...page.answer.evidence);
    more = page.answer.more;
  }
  return lookUp(executor, leased, { answer: evidence }, calls);
}

async function lookUp(
  executor: Executor,
  leased: LeasedEffect,
  asked: ProviderAnswer<readonly Evidence[]>,
  calls = 1,
): Promise<Attempt> {
  if ('failure' in asked) return { ended: afterFailure(executor, leased, asked), calls };
  const { effect, deliveryId, reconciliationId } = leased;
  const cause = reconciliationId === null ? effect.kind : reconciliationCause(reconciliationId);
  const verdict = await observe(executor, asked.answer, cause, deliveryId);
  executor.log.info('looked_up', {
    ...logged(leased),
    outcome: verdict?.outcome ?? 'ignored',
    reason: verdict?.reason ?? 'not_kept',
  });
  // An answer from before what is already known settles nothing: the provider is asked again a little later.
  return verdict?.outcome === 'held'
    ? { ended: tryAgain(executor, leased, verdict.reason), calls }
    : { ended: { result: 'done' }, calls };
}

function afterFailure(executor: Executor, leased: LeasedEffect, failure: ProviderFailure): AttemptResult {
  executor.log.warn('provider_failed', { ...logged(leased), failure: failure.failure });
  if (failure.failure !== 'rate_limited') return tryAgain(executor, leased, failure.failure);
  const { retryAfterMs } = failure;
  return { result: 'paused', error: 'rate_limited', retryInMs: retryAfterMs, pauseMs: retryAfterMs };
}

function tryAgain(executor: Executor, leased: LeasedEffect, error: string): AttemptResult {
  const retryInMs = retryDelay(leased.attempts, executor.chance());
  return retryInMs === null ? dead(executor, leased, error) : { result: 'retry', error, retryInMs };
}

/** In every line about an effect: what it is, and whose consequence. */
export function logged({ id, effect, deliveryId }: LeasedEffect): LogFields {
  return { effect: id, kind: effect.kind, delivery: deliveryId };
}

/** Given up, and there for an operator to see. */
function dead(executor: Executor, leased: LeasedEffect, error: string): AttemptResult {
  executor.log.error('effect_dead', { ...logged(leased), error });
  return { result: 'dead', error };
}
