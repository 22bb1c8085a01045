import type { DenialReason } from '../../domain/question.ts';
import type { Connection } from '../client/connection.ts';
import { requireMilliseconds } from '../client/deadline.ts';
import type { Decision } from '../client/decision.ts';
import { incompleteQuestion, isIncomplete, type Question } from '../client/question.ts';
import { RolecallUnavailable } from '../client/unavailable.ts';
import type { Copy } from './copy.ts';
import { type About, type AgentSubject, NOTHING_ELSE, reasonAgainst } from './decide-locally.ts';
import { type Clock, freshness, systemClock } from './freshness.ts';
import { keepCopy } from './keep-copy.ts';
import { pause } from './patience.ts';
import { SnapshotProblem } from './problem.ts';
import type { SentChange } from './protocol.ts';
import { trusts } from './trust-token.ts';

export interface SnapshotOptions {
  /** How long the copy may go without a sign of life and still be believed. 30,000 when left out. */
  readonly maxLagMs?: number;
  /**
   * What is answered past that. `deny`, when left out: no. `trust-token`: what the copy last knew, to users whose token
   * was issued since by a provider that knows more (see `docs/sdk.md` for what this does not notice).
   */
  readonly whenStale?: 'deny' | 'trust-token';
  /** How long `trust-token` goes on: 600,000 when left out. */
  readonly trustForMs?: number;
  /** Told why a copy is fetched or connected anew: for a log. */
  readonly onProblem?: (problem: SnapshotProblem) => void;
  /** For tests. */
  readonly clock?: Clock;
}

/** Something that the copy has taken in. */
export type CopyChange =
  /** A change of the feed. */
  | {
      readonly kind: SentChange['kind'];
      readonly revision: number;
      /** Null where it is about no organization, or no user, alone. */
      readonly organization: string | null;
      readonly user: string | null;
    }
  /** A whole new copy: anything may have changed. */
  | { readonly kind: 'renewed'; readonly revision: number };

/** A local copy of who may do what, kept current. */
export interface Snapshot<Permission extends string = string> {
  /**
   * Whether they may, at once. False also where the copy cannot tell: before it is complete, past its lag, after `close`.
   * @param subject a user's id; or an agent, by itself or for a user.
   */
  can(subject: string | AgentSubject, organization: string, permission: Permission, about?: About): boolean;
  /**
   * What the client's `check` answers, from the copy: so a guard takes either.
   * @throws RolecallUnavailable where the copy cannot tell (`stale`, `not_yet`): that says nothing about what anybody may.
   */
  check(question: Question<Permission>): Promise<Decision>;
  /** Milliseconds since the copy was last known to be current; infinite where that is not known. */
  lag(): number;
  /** The latest change that the copy contains; null while there is no copy. */
  readonly revision: number | null;
  /** Which life of the database its revisions are of; null while there is no copy. */
  readonly epoch: string | null;
  /** Resolves when the copy is complete and current for the first time. It waits as long as that takes. */
  readonly ready: Promise<void>;
  /** @returns what ends it. */
  onChange(listener: (change: CopyChange) => void): () => void;
  close(): void;
}

const MAX_LAG_MS = 30_000;
const TRUST_FOR_MS = 600_000;

/** What a test has in its hands. */
export interface Workings {
  readonly chance: () => number;
  readonly pause: typeof pause;
}

/** @throws RangeError for a bound that is none. */
export function openSnapshot<Permission extends string>(
  connection: Connection,
  options: SnapshotOptions = {},
  workings: Workings = { chance: Math.random, pause },
): Snapshot<Permission> {
  const { maxLagMs = MAX_LAG_MS, trustForMs = TRUST_FOR_MS, clock = systemClock } = options;
  requireMilliseconds(maxLagMs, trustForMs);
  let copy: Copy | null = null;
  const listeners = new Set<(change: CopyChange) => void>();
  let becomeReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const report = (problem: SnapshotProblem): void => {
    try {
      options.onProblem?.(problem);
    } catch {
      // An app's log that fails must not end the feed.
    }
  };
  const tell = (change: CopyChange): void => {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (error) {
        report(new SnapshotProblem('listener_failed', 'a listener threw', { cause: error }));
      }
    }
  };
  const fresh = freshness(clock, maxLagMs, () => kept.reconnect());

  const kept = keepCopy({
    connection,
    freshness: fresh,
    ...workings,
    // Twice within the bound, so that one request that is lost is not the end.
    patienceMs: maxLagMs / 2,
    onCopy(next) {
      copy = next;
      if (next !== null) tell({ kind: 'renewed', revision: next.revision });
    },
    onCurrent: becomeReady,
    onApplied: (change) => tell(described(change)),
    onProblem: report,
  });

  /** Why not, by the copy; null where it is allowed. */
  const ask = (
    subject: string | AgentSubject,
    organization: string,
    permission: string,
    about: About,
  ): DenialReason | 'stale' | null => {
    if (copy === null) return 'stale';
    const verdict = fresh.verdict();
    const { token } = about;
    // Only tokens have an age.
    const now = token === undefined ? 0 : clock.now();
    if (verdict !== 'current') {
      if (verdict === 'unknown' || options.whenStale !== 'trust-token') return 'stale';
      if (fresh.lag() > trustForMs || !trusts(subject, token, fresh.confirmedAt(), now)) return 'stale';
    }
    return reasonAgainst(copy, { subject, organization, permission, about, now });
  };

  return {
    can(subject, organization, permission, about = NOTHING_ELSE) {
      try {
        return ask(subject, organization, permission, about) === null;
      } catch {
        // Where nothing compiles it, anything may be asked: null for nobody, a text for a list. No one holds that.
        return false;
      }
    },
    async check(question) {
      const { user, agent, actingFor, organization, permission, atLeastRevision, ...about } = question;
      if (isIncomplete(question)) throw incompleteQuestion();
      const subject = agent === undefined ? user : actingFor === undefined ? { agent } : { agent, actingFor };
      const reason = ask(subject, organization, permission, about);
      if (reason === 'stale') throw new RolecallUnavailable(reason, 'The local copy cannot tell.');
      if (atLeastRevision !== undefined && (copy?.revision ?? 0) < atLeastRevision) {
        throw new RolecallUnavailable('not_yet', 'The local copy has not reached the revision asked for.');
      }
      return reason === null ? { allowed: true } : { allowed: false, reason };
    },
    lag: () => (copy === null ? Number.POSITIVE_INFINITY : fresh.lag()),
    get revision() {
      return copy?.revision ?? null;
    },
    get epoch() {
      return copy?.epoch ?? null;
    },
    ready,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      kept.close();
      copy = null;
      listeners.clear();
    },
  };
}

function described(change: SentChange): CopyChange {
  const { kind, revision } = change;
  return {
    kind,
    revision,
    organization: 'organization' in change ? change.organization : null,
    user: 'user' in change ? change.user : null,
  };
}
