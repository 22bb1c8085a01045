import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/store/postgres/migrate.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/testing/embedded-postgres.ts';
import { type ClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';
import { cleanups } from '../../src/testing/stack/cleanup.ts';
import { type ProviderClock, providerClock } from '../../src/testing/stack/demo/provider-clock.ts';
import { type Logins, makeLogins } from '../../src/testing/stack/logins.ts';
import { untilReady } from '../../src/testing/stack/ready.ts';
import { every } from '../../src/testing/stack/ticker.ts';
import { environment, READ_TOKEN } from '../../test/support/serve.ts';
import { Courier } from '../courier.ts';
import { startNodeProcess } from './node-process.ts';
import type { Part } from './part.ts';
import { startWorkerProcess } from './worker-process.ts';

const NODES = 2;

/** The opening is that long ago: what is not listed later was not heard of within the minute that rule 8 leaves alone. */
const OPENING_AGO_MS = 150_000;

/** Svix's are longer; what these do not reach is sent again when the storm is over. */
const RETRIES_MS = [200, 500, 1_000, 2_000, 4_000, 8_000];

export interface System {
  readonly clerk: ClerkStandIn;
  readonly clock: ProviderClock;
  readonly courier: Courier;
  readonly postgres: EmbeddedPostgres;
  readonly logins: Logins;
  readonly nodes: readonly Part[];
  readonly worker: Part;
  readonly tokens: { readonly read: string; readonly operator: string };
  readonly stop: () => Promise<void>;
}

/** Some Node processes and the worker over one Postgres that forgets nothing, and a Clerk to tell them. */
export async function startSystem(seed: number, stopping: AbortSignal): Promise<System> {
  const ends = cleanups();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'rolecall-chaos-'));
    ends.later(() => rm(folder, { recursive: true, force: true }));
    const postgres = await startEmbeddedPostgres({
      settings: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
    });
    ends.later(postgres.stop);
    await migrate(postgres.url);
    const logins = await makeLogins(postgres.url, {
      serviceLogin: 'chaos-service',
      readerLogin: 'chaos-reader',
    });
    stopping.throwIfAborted();

    const clock = providerClock(OPENING_AGO_MS);
    const courier = new Courier(seed);
    const served = await serveClerkStandIn({
      seed,
      now: clock.now,
      // A production key: its budget is a production instance's.
      secretKey: 'sk_live_chaos_not_a_real_key',
      rateLimit: { requests: 1_000, windowMs: 10_000 },
      retrySchedule: RETRIES_MS,
      attemptTimeout: 8_000,
      endpoints: [{ url: 'http://rolecall.chaos/webhooks/clerk', fetch: courier.carry }],
    });
    ends.later(served.close);
    const clerk = served.standIn;

    const variables: Record<string, string> = {
      ...environment(clerk, served.url),
      ROLECALL_RECONCILE_EVERY: 'off',
    };
    const started = await Promise.allSettled([
      startWorkerProcess(logins.service, variables, folder),
      ...Array.from({ length: NODES }, () => startNodeProcess(logins.service, variables)),
    ]);
    for (const one of started) if (one.status === 'fulfilled') ends.later(one.value.stop);
    const [worker, ...nodes] = started.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    if (worker === undefined) throw new Error('nothing was started');
    stopping.throwIfAborted();
    await Promise.all([worker, ...nodes].map((part) => untilReady(part.url, part.lastWords)));
    const cron = every(
      2_000,
      () => runScheduled(worker.url),
      () => undefined,
    );
    ends.later(cron.stop);
    courier.to([...nodes, worker].map(({ url }) => url));

    return {
      clerk,
      clock,
      courier,
      postgres,
      logins,
      nodes,
      worker,
      tokens: { read: READ_TOKEN, operator: variables['ROLECALL_OPERATOR_TOKEN'] ?? '' },
      stop: ends.run,
    };
  } catch (error) {
    await ends.run().catch(() => undefined);
    throw error;
  }
}

/** Cron does not fire locally. */
async function runScheduled(url: string): Promise<void> {
  const answer = await fetch(`${url}/cdn-cgi/handler/scheduled`, { signal: AbortSignal.timeout(30_000) });
  await answer.arrayBuffer();
}
