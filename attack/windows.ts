import { setTimeout as delay } from 'node:timers/promises';
import { differences, fingerprint, tablesOf } from './fingerprint.ts';
import { planned } from './plan.ts';
import { startPulse } from './pulse.ts';
import { type Arena, type Finding, openLane } from './runner.ts';
import type { Stage } from './stage.ts';
import type { Measured } from './target.ts';

export interface Attacked {
  readonly findings: readonly Finding[];
  /** Tables that an attack has changed, with the attack, or the range in which it is. */
  readonly changes: readonly string[];
  readonly measured: readonly Measured[];
  readonly pulse: {
    readonly count: number;
    readonly longestMs: number;
    readonly failures: readonly string[];
  };
  /** How the server ended, if it did. */
  readonly died: string | null;
}

const LANES = 24;
const MOST_QUIET_MS = 5_000;
/** Each is looked for one request at a time. */
const MOST_CULPRITS = 3;

/**
 * Waits until nothing is owed to Clerk, so that what changes from now on was not owed before. Not for ever: a forgery that
 * was taken contradicts Clerk, and is asked about again and again.
 */
export async function untilQuiet({ sql, clerk }: Pick<Stage, 'sql' | 'clerk'>): Promise<void> {
  await clerk.settled();
  const deadline = performance.now() + MOST_QUIET_MS;
  while (performance.now() < deadline) {
    const owed = await sql`select from rolecall.effects where status = 'owed' limit 1`;
    if (owed.length === 0) return;
    await delay(20);
  }
}

/** Carries out the attacks, window by window: between two of them what is stored is compared, and memory measured. */
export async function attackInWindows(
  stage: Stage,
  arena: Arena,
  run: {
    readonly seed: number;
    readonly requests: number;
    readonly size: number;
    readonly stopping: AbortSignal;
  },
): Promise<Attacked> {
  const tables = await tablesOf(stage.sql);
  const findings: Finding[] = [];
  const changes: string[] = [];
  const measured: Measured[] = [];
  const failures: string[] = [];
  let [beats, longestMs] = [0, 0];

  for (let from = 0; from < run.requests && stage.node.died() === null; from += run.size) {
    run.stopping.throwIfAborted();
    const to = Math.min(run.requests, from + run.size);
    await beat(stage, from / run.size);
    const before = await fingerprint(stage.sql, tables);
    const pulse = startPulse(arena.worlds.node);
    findings.push(...(await attackRange(arena, run.seed, from, to, () => stage.node.died() !== null)));
    const felt = await pulse.stop();
    beats += felt.count;
    longestMs = Math.max(longestMs, felt.longestMs);
    failures.push(...felt.failures);
    if (stage.node.died() !== null) break;
    await untilQuiet(stage);
    const changed = differences(before, await fingerprint(stage.sql, tables));
    if (changed.length > 0)
      changes.push(
        changes.length < MOST_CULPRITS
          ? await culprit(stage, arena, run.seed, from, to, changed)
          : `one of #${from} to #${to - 1} changed ${changed.join(', ')}`,
      );
    measured.push(await stage.node.measure());
  }
  return {
    findings,
    changes,
    measured,
    pulse: { count: beats, longestMs, failures },
    died: stage.node.died(),
  };
}

/** A genuine change, which has to be taken and told while attacks go on. */
async function beat({ clerk, sql }: Stage, turn: number): Promise<void> {
  const role = turn % 2 === 0 ? 'org:admin' : 'org:member';
  const { role: wanted } = clerk.changeRole('org_pulse', 'user_pulse', role);
  await untilQuiet({ clerk, sql });
  const rows = await sql`select role from rolecall.members where user_id = 'user_pulse'`;
  if (rows[0]?.['role'] !== wanted) throw new Error('a genuine change of Clerk’s was not taken');
}

async function attackRange(
  arena: Arena,
  seed: number,
  from: number,
  to: number,
  isOver: () => boolean,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let next = from;
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      const lane = openLane(arena);
      while (next < to && !isOver()) {
        const number = next;
        next += 1;
        const finding = await lane.run(planned(seed, number));
        if (finding !== null) findings.push(finding);
      }
      lane.close();
    }),
  );
  return findings;
}

/** Repeats the attacks of a window one by one, until what is stored changes again. */
async function culprit(
  stage: Stage,
  arena: Arena,
  seed: number,
  from: number,
  to: number,
  changed: readonly string[],
): Promise<string> {
  const tables = await tablesOf(stage.sql);
  const lane = openLane(arena);
  try {
    for (let number = from; number < to && stage.node.died() === null; number += 1) {
      const before = await fingerprint(stage.sql, tables);
      await lane.run(planned(seed, number));
      if (differences(before, await fingerprint(stage.sql, tables)).length > 0)
        return `#${number} changed ${changed.join(', ')}`;
    }
  } finally {
    lane.close();
  }
  return `one of #${from} to #${to - 1} changed ${changed.join(', ')}, and none of them alone`;
}
