import type { InstanceCheck } from '../instance-check.ts';
import type { Budget, Mode, StatusStore } from '../ports.ts';
import { type Judgement, judgeStatus } from './judge-status.ts';
import type { StatusFacts } from './status-facts.ts';

export interface StatusReader {
  readonly statuses: StatusStore;
  /** Of this process; null where it carries nothing out, and the database knows better. */
  readonly mode: Mode | null;
  /** Null where the key that it depends on is not known. */
  readonly budget: Budget | null;
  readonly reconcileEveryMs: number | null;
  checkInstance(): Promise<InstanceCheck>;
}

export interface Status extends Judgement {
  readonly facts: StatusFacts;
  readonly budget: Budget | null;
  /** Calls of the provider that may be made at once. */
  readonly tokens: number;
}

/** The screen is for when the provider hangs: nobody waits for it here. */
const PATIENCE_MS = 1_000;

/** The one screen: what is known of this installation, and what is wrong with it. */
export async function readStatus(reader: StatusReader): Promise<Status> {
  const { budget } = reader;
  const [stored, check] = await Promise.all([
    reader.statuses.readStatus(),
    patiently(reader.checkInstance()),
  ]);
  const mode = reader.mode ?? stored.operations.mode ?? 'enforce';
  const facts: StatusFacts = { ...stored, mode, check, reconcileEveryMs: reader.reconcileEveryMs };
  // The database's clock is what everything in it was written by.
  return { ...judgeStatus(facts, stored.at), facts, budget, tokens: tokensNow(facts, budget) };
}

async function patiently(checked: Promise<InstanceCheck>): Promise<InstanceCheck> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<InstanceCheck>((resolve) => {
    timer = setTimeout(() => resolve('unknown'), PATIENCE_MS);
  });
  try {
    return await Promise.race([checked, enough]);
  } finally {
    clearTimeout(timer);
  }
}

function tokensNow({ at, budget: { tokens, refilledAt } }: StatusFacts, budget: Budget | null): number {
  if (budget === null) return tokens;
  const refilled = tokens + (Math.max(0, at - refilledAt) / 1_000) * budget.callsPerSecond;
  return Math.min(budget.burst, refilled);
}
