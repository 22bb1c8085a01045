import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import * as v from 'valibot';
import { Difference } from './checker/judge-drift.ts';
import type { System } from './system/system.ts';

const Reconciliation = v.object({
  id: v.number(),
  status: v.string(),
  differences: v.array(Difference),
});
const Holds = v.object({ holds: v.array(v.object({ id: v.number() })) });

/** So long everything that is owed may take once nothing goes wrong any more: a lookup waits for up to a minute. */
const PATIENCE_MS = 150_000;

export interface Calm {
  readonly resent: number;
  /** What reconciling found to be otherwise than the provider says. */
  readonly drift: readonly Difference[];
  readonly approved: number;
  /** What did not come to rest; empty when all did. */
  readonly restless: readonly string[];
}

/** The storm is over: what got no 2xx is sent again, what was lost is reconciled, what is owed is carried out. */
export async function calmDown(
  system: System,
  late: Iterable<string>,
  sql: Sql,
  tell: (line: string) => void,
  stopping: AbortSignal,
): Promise<Calm> {
  const until = performance.now() + PATIENCE_MS;
  const { clerk } = system;
  const again = async <Result>(ask: () => Promise<Result | undefined>): Promise<Result | undefined> => {
    while (performance.now() < until) {
      stopping.throwIfAborted();
      const answer = await ask();
      if (answer !== undefined) return answer;
      await delay(100, undefined, { signal: stopping });
    }
    return undefined;
  };

  const undelivered = () => clerk.messages.filter(({ status }) => status === 'failed');
  // The latest first: of what happened to one member, the first of it comes last.
  const waiting = [...late].reverse();
  for (const event of waiting) clerk.resend(event);
  let resent = waiting.length;
  const delivered = () =>
    again(async () => {
      if (clerk.pending() > 0) return undefined;
      const left = undelivered();
      for (const { event } of left) clerk.resend(event.id);
      resent += left.length;
      return left.length === 0 ? true : undefined;
    });
  await delivered();
  tell('What had no 2xx was sent again.');

  const owed = async () => {
    const rows = await sql<{ what: string }[]>`
      select 'effect ' || id || ' ' || kind || ' ' || coalesce(last_error, '') as what
        from rolecall.effects where status = 'owed'
      union all select 'delivery ' || id || ' ' || reason from rolecall.inbox where outcome = 'failed'`;
    return rows.map(({ what }) => what);
  };
  const settled = () =>
    again(async () => {
      // What is carried out is told of by new messages.
      await delivered();
      return clerk.pending() === 0 && (await owed()).length === 0 ? true : undefined;
    });
  // First, so that what is found is what nobody told of, not what was on its way.
  await settled();
  const found = await reconcile(system, again);
  tell(`Reconciling found ${found === undefined ? 'no end' : `${found.drift.length} differences`}.`);
  const rested = await settled();
  const restless =
    rested === true ? [] : [...(await owed()), ...undelivered().map(({ id }) => `message ${id}`)];
  if (found === undefined) restless.push('the reconciliation did not end');
  return { resent, drift: found?.drift ?? [], approved: found?.approved ?? 0, restless };
}

/** Everything once; an operator says yes to what waits for one. */
async function reconcile(
  system: System,
  again: <Result>(ask: () => Promise<Result | undefined>) => Promise<Result | undefined>,
): Promise<{ drift: readonly Difference[]; approved: number } | undefined> {
  const url = `${system.nodes[0]?.url}/operator/v1`;
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${system.tokens.operator}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(40_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  const { id } = v.parse(
    v.object({ id: v.number() }),
    await ask('/reconciliations', { reason: 'after the storm' }),
  );
  const ended = await again(async () => {
    const one = v.parse(Reconciliation, await ask(`/reconciliations/${id}?limit=500`));
    return ['done', 'failed', 'cancelled'].includes(one.status) ? one : undefined;
  });
  if (ended?.status !== 'done') return undefined;
  const { holds } = v.parse(Holds, await ask('/holds'));
  for (const hold of holds) await ask(`/holds/${hold.id}/approve`, {});
  return { drift: ended.differences, approved: holds.length };
}
