import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import type { ClerkStandIn } from '../src/testing/index.ts';
import { Actor } from './actor.ts';
import { calmDown } from './calm.ts';
import { FeedReader } from './checker/feed-reader.ts';
import { judge } from './checker/judge.ts';
import { judgeDrift } from './checker/judge-drift.ts';
import { Present } from './checker/present.ts';
import { Sampler } from './checker/sampler.ts';
import { Interface } from './interface.ts';
import type { Options } from './options.ts';
import { planFaults, TRACKS } from './plan/faults.ts';
import { planWorld } from './plan/world.ts';
import type { Report } from './report.ts';
import { onTime } from './schedule.ts';
import { Storm } from './storm.ts';
import { startSystem } from './system/system.ts';

/** What a machine cannot take, the provider does not do: it would only be waited for afterwards. */
const MOST_WAITING = 150;

const OPENING_PATIENCE_MS = 60_000;

/** One run: an opening, a storm, a calm, and the judgement of somebody who saw only the provider's side. */
export async function chaos(
  { seed, stormMs }: Options,
  say: (line: string) => void,
  stopping: AbortSignal,
): Promise<Report> {
  const world = planWorld(seed, stormMs);
  const faults = planFaults(seed, stormMs);
  const plan = createHash('sha256')
    .update(JSON.stringify([world, faults]))
    .digest('hex')
    .slice(0, 12);
  const begun = performance.now();
  const tell = (line: string) =>
    say(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
  tell(
    `Seed ${seed}, plan ${plan}: ${world.steps.length} changes, ${faults.length} faults in ${stormMs / 1_000} s.`,
  );

  const system = await startSystem(seed, stopping);
  tell(`${system.nodes.length} Node processes and workerd serve over one Postgres.`);
  const sql = (url: string, max: number) =>
    postgres(url, { max, backoff: () => 0.1, connect_timeout: 5, onnotice: () => undefined });
  const auditor = sql(system.postgres.url, 2);
  const reader = sql(system.logins.reader, 4);
  const { clerk, courier } = system;
  const apps = new Interface(
    [...system.nodes, system.worker].map(({ url }) => url),
    system.tokens.read,
  );
  const present = new Present(clerk.history, clerk.outbox);
  const sampler = new Sampler(reader, auditor, present);
  const feed = new FeedReader(apps.ask);
  const actor = new Actor(clerk);
  const storm = new Storm(system);
  try {
    courier.onAcknowledged((taken) => sampler.acknowledged(taken));
    await feed.start();
    sampler.start();
    for (const step of world.opening) actor.perform(step);
    await opened(clerk, stopping);
    system.clock.toPresent();
    tell(`${clerk.messages.length} messages opened it. Now everything goes wrong.`);

    courier.watchSilence();
    await Promise.all([
      onTime(world.quiet, stormMs, stopping, (step) => actor.perform(step)),
      onTime(world.steps, stormMs, stopping, async (step) => {
        actor.perform(step);
        while (clerk.pending() > MOST_WAITING) await delay(20, undefined, { signal: stopping });
      }),
      ...TRACKS.map(({ kinds }) =>
        onTime(
          faults.filter(({ kind }) => kinds.includes(kind)),
          stormMs,
          stopping,
          (fault) => storm.perform(fault),
        ),
      ),
    ]);
    const silence = courier.longestSilenceMs;
    await storm.end();
    tell('The storm is over.');

    const late = new Set([...actor.late, ...storm.goneWithTheQueue]);
    const calm = await calmDown(system, late, auditor, tell, stopping);
    await sampler.stop();
    tell('What was owed is carried out. Now it is judged.');

    const evidence = {
      history: clerk.history,
      lost: actor.lost,
      late,
      messages: clerk.messages,
      acknowledged: courier.acknowledged,
      tokens: actor.tokens,
      revocations: clerk.revocations,
    };
    const promises = [
      { promise: 'everything owed comes to rest', checked: 1, broken: calm.restless },
      ...(await judge(evidence, { reader, auditor, apps })),
      judgeDrift(evidence, calm.drift),
      ...sampler.findings(),
      ...(await feed.judge(auditor)),
    ];
    const [effects] = await auditor<{ owed: string; done: string }[]>`
      select count(*) as owed, count(*) filter (where status = 'done') as done
        from rolecall.effects where kind = 'revoke_sessions'`;
    const refused = sampler.refusedAfter.toSorted((a, b) => a - b);
    const figure = (ms: number | undefined) => `${Math.round(ms ?? 0)} ms`;
    return {
      seed,
      plan,
      figures: {
        'changes at the provider': clerk.history.length,
        'messages sent': clerk.messages.length,
        'attempts made': courier.attempts,
        'deliveries acknowledged': courier.acknowledged.size,
        'messages lost for ever': actor.lost.size,
        'messages sent again afterwards': calm.resent,
        'differences that reconciling found': calm.drift.length,
        'holds that an operator approved': calm.approved,
        'revocations owed': Number(effects?.owed),
        'revocations done': Number(effects?.done),
        'sessions revoked': clerk.revocations.filter(({ by }) => by === 'api').length,
        'removals asked about at once': refused.length,
        'removal received to refused, median': figure(refused[Math.floor(refused.length / 2)]),
        'removal received to refused, longest': figure(refused.at(-1)),
        'longest time without any acknowledgement': figure(silence),
      },
      faults: Object.fromEntries(storm.done),
      promises,
    };
  } finally {
    await sampler.stop();
    feed.stop();
    await Promise.allSettled([storm.end(), auditor.end({ timeout: 1 }), reader.end({ timeout: 1 })]);
    await system.stop();
  }
}

async function opened({ settled }: Pick<ClerkStandIn, 'settled'>, stopping: AbortSignal): Promise<void> {
  const patience = AbortSignal.any([stopping, AbortSignal.timeout(OPENING_PATIENCE_MS)]);
  patience.throwIfAborted();
  const over = new Promise<never>((_, reject) => {
    patience.addEventListener('abort', () => reject(patience.reason), { once: true });
  });
  await Promise.race([settled(), over]);
}
