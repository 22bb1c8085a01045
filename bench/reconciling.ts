import * as v from 'valibot';
import { DEFAULT_CONSEQUENCES } from '../src/domain/effects.ts';
import { runReconciliation } from '../src/pipeline/reconcile/run-reconciliations.ts';
import { reconcileTools } from '../src/runtime/reconcile-tools.ts';
import { atMost, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { fillMembers } from './members.ts';
import { heapUsed } from './memory.ts';
import { type Parts, startParts } from './parts.ts';
import type { Started } from './servers.ts';

const ORGANIZATIONS = 1_000;

/** 30 % of what Clerk allows a production instance. */
const CALLS_A_SECOND = 30;

/** So that what is measured is ours, and not the limit that we keep. */
const UNLIMITED = { callsPerSecond: 1_000_000, burst: 1_000_000 };

/**
 * Comparing a million members, and as many users, with lists that say the same: how long it takes beside the time that
 * the calls alone take at our share of Clerk's limit, and whether memory grows with how much was compared.
 */
export async function reconciling({ quick }: Effort): Promise<Figure[]> {
  const members = quick ? 2_000 : 1_000_000;
  const parts = await startParts();
  try {
    await fillMembers(parts.sql, members, ORGANIZATIONS);
    const lists = await startLists(parts, members);
    const reconciled = await reconcileAll(parts.database.url, lists.url, members);
    if (reconciled.drift > 0) throw new Error(`${reconciled.drift} differ where all should agree`);
    const calls = await callsOf(lists);
    const [seconds, limited] = [reconciled.ms / 1000, calls / CALLS_A_SECOND];
    const [early, late] = reconciled.memory;
    const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    const ratio = ratioOf(seconds, limited);
    const grown = ratioOf(late, early);
    return [
      {
        what: `comparing ${count(members)} members and as many users that agree`,
        ours: `${seconds.toFixed(0)} s, ${count(calls)} calls of plain lists in Clerk's shapes`,
        yardstick: `${limited.toFixed(0)} s for the calls alone at ${CALLS_A_SECOND} a second`,
        ratio,
        better: 'lower',
        aim: atMost(1, ratio),
      },
      {
        what: 'memory in use at its end',
        ours: megabytes(late),
        yardstick: `${megabytes(early)} at a tenth of it`,
        ratio: grown,
        better: 'lower',
        aim: atMost(1.2, grown),
      },
    ];
  } finally {
    await parts.stop();
  }
}

export function startLists(parts: Parts, members: number): Promise<Started> {
  return parts.start('./clerk-lists-server.ts', {
    MEMBERS: String(members),
    ORGANIZATIONS: String(Math.min(members, ORGANIZATIONS)),
  });
}

async function callsOf({ url }: Started): Promise<number> {
  const answer = await fetch(`${url}/calls`);
  return v.parse(v.number(), await answer.json());
}

/** One reconciliation of everything, as `rolecall reconcile` carries it out. */
export async function reconcileAll(databaseUrl: string, clerkUrl: string, members: number) {
  const access = { secretKey: 'sk_live_bench_not_a_real_key', apiUrl: clerkUrl };
  const { reconciler, end } = reconcileTools(databaseUrl, access, {
    mode: 'enforce',
    consequences: DEFAULT_CONSEQUENCES,
  });
  try {
    const { reconciliations } = reconciler;
    const { id } = await reconciliations.startReconciliation({
      organizationId: null,
      dryRun: false,
      cause: 'operator',
      by: 'bench',
      reason: '',
    });
    const read = async () => {
      const found = await reconciliations.readReconciliation(id);
      if (found === null) throw new Error('the reconciliation is gone');
      return found;
    };
    // Users come first and are as many.
    const tenth = members / 5;
    let early: number | null = null;
    let notMeasured = 0;
    const started = performance.now();
    await runReconciliation({ ...reconciler, budget: UNLIMITED }, id, Number.POSITIVE_INFINITY, async () => {
      if (early !== null) return;
      const from = performance.now();
      if ((await read()).compared >= tenth) early = heapUsed();
      notMeasured += performance.now() - from;
    });
    const ms = performance.now() - started - notMeasured;
    const { status, problem, drift } = await read();
    if (status !== 'done') throw new Error(`the reconciliation is ${status}: ${problem}`);
    const differing = Object.values(drift).reduce((sum, one) => sum + one, 0);
    const late = heapUsed();
    return { ms, drift: differing, memory: [early ?? late, late] as const };
  } finally {
    await end();
  }
}
