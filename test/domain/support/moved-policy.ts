import * as fc from 'fast-check';
import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import { command } from './commands.ts';
import type { History } from './history.ts';
import { BEGINNING, type Opening } from './ledger.ts';
import { POLICIES } from './policies.ts';
import { policyName, Scenario } from './scenario.ts';
import { lossless } from './schedule.ts';
import { type Token, tokensOf } from './tokens.ts';

/** All that was told has arrived long before: what nobody has heard of yet no policy can take away. */
const QUIET_MS = 2 * 60 * 60_000;

/** A history in the middle of which another policy is activated; afterwards all of it is told once more. */
export class MovedPolicy {
  readonly before: Scenario;
  readonly whole: Scenario;
  readonly activatedAt: number;
  readonly policy: CompiledPolicy;

  constructor(before: Scenario, whole: Scenario, activatedAt: number, policy: CompiledPolicy) {
    this.before = before;
    this.whole = whole;
    this.activatedAt = activatedAt;
    this.policy = policy;
  }

  /** With what the policy in the end makes of it. */
  get history(): History {
    return { ...this.whole.history, policy: this.policy };
  }

  /** What was minted until then carries what the first policy gave. */
  tokens(): Token[] {
    const { moments, policy } = this.before.history;
    const quiet = moments.slice(-1).map(({ world }) => ({ at: this.activatedAt, line: '', world }));
    const since = this.whole.history.moments.slice(moments.length);
    return [
      ...tokensOf({ moments: [...moments, ...quiet], messages: [], policy }),
      ...tokensOf({ moments: [...quiet, ...since], messages: [], policy: this.policy }),
    ];
  }

  [fc.toStringMethod](): string {
    const [first] = Object.entries(POLICIES).filter(([, policy]) => policy === this.policy);
    const seconds = (this.activatedAt - BEGINNING) / 1000;
    return `${fc.stringify(this.before)}at +${seconds}s the policy ${first?.[0] ?? 'none'} is activated${fc.stringify(this.whole)}`;
  }
}

const next = fc.constantFrom(...Object.values(POLICIES)).filter((policy) => policy !== null);

export const movedPolicy: fc.Arbitrary<MovedPolicy> = fc
  .record({
    opening: fc.record({ rolesTold: fc.boolean(), lists: fc.boolean(), policy: policyName }),
    next,
    before: fc.array(command, { maxLength: 20, size: 'max' }),
    after: fc.array(command, { maxLength: 12, size: 'max' }),
    schedules: fc.tuple(lossless, lossless),
  })
  .map(({ opening, next, before, after, schedules: [first, second] }) => {
    const begun = new Scenario(opening satisfies Opening, before, [first]);
    const activatedAt = (begun.history.moments.at(-1)?.at ?? BEGINNING) + QUIET_MS;
    const later = after.map((one, index) => (index === 0 ? { ...one, gap: one.gap + QUIET_MS + 1 } : one));
    return new MovedPolicy(begun, new Scenario(opening, [...before, ...later], [second]), activatedAt, next);
  });
