import type {
  ExecutionContext,
  ExportedHandler,
  Hyperdrive,
  MessageBatch,
  Queue,
  ScheduledController,
} from '@cloudflare/workers-types';
import type { Context } from 'hono';
import * as v from 'valibot';
import { CONSOLE_ROUTES } from '../console/routes.ts';
import { createApp } from '../http/app.ts';
import { throttle } from '../http/operator/throttle.ts';
import {
  type Consumed,
  consumeSpill,
  type SpilledMessage,
  type UnreadableMessage,
} from '../pipeline/consume-spill.ts';
import { unknownInstance } from '../pipeline/instance-check.ts';
import type { Spill } from '../pipeline/ports.ts';
import { unknownRestore } from '../pipeline/upkeep/known-restore.ts';
import type { NotedMode } from '../pipeline/upkeep/run-upkeep.ts';
import { base64OfBytes, bytesOfBase64, postgresStatements } from '../store/postgres/client.ts';
import { databaseUrlProblem } from '../store/postgres/database-url.ts';
import { postgresDownloads } from '../store/postgres/downloads.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { type Composed, compose } from './compose.ts';
import { type Environment, readConfig } from './config.ts';
import { jsonLog, toConsole } from './log.ts';

interface Bindings extends Environment {
  readonly HYPERDRIVE?: Hyperdrive;
  readonly SPILL?: Queue<string>;
}

/** `waitUntil` allows about 30 seconds after the answer. */
const DISPATCH_MS = 20_000;

/** A queue message holds 128 KB; base64 makes four bytes of three, and the headers need room. */
const MOST_SPILLED_BYTES = 90 * 1024;

/** Every request that waits looks for itself: there is nothing that two of them could share. */
const POLL_MS = 1_000;

/** Requests share no connection, so each that looks has to wait for it: seldom, then. */
const RESTORE_FRESH_MS = 10_000;

const clock = { now: () => Date.now() };
const log = jsonLog(toConsole, clock.now);
// Plain data may outlive a request. Connections may not: a client made for one request fails in the next.
const knownInstance = unknownInstance();
const memory = emptyMemory();
const wrongOperators = throttle();
const notedMode: NotedMode = { noted: false };
const knownRestore = unknownRestore();

function composeFor(env: Bindings, ctx: Pick<ExecutionContext, 'waitUntil'>): Composed | readonly string[] {
  const read = readConfig(env);
  const database = databaseOf(env);
  if ('problems' in read || 'problem' in database) {
    const problems = 'problems' in read ? [...read.problems] : [];
    if ('problem' in database) problems.push(database.problem);
    log.error('misconfigured', { problems: problems.join('; ') });
    return problems;
  }
  const databaseUrl = database.url;
  const composed: Composed = compose(read.config, {
    statements: postgresStatements(databaseUrl, { connections: 1 }),
    downloads: postgresDownloads(databaseUrl, { most: 1, left: true }),
    pollMs: POLL_MS,
    clock,
    log,
    spill: env.SPILL === undefined ? null : spillTo(env.SPILL),
    knownInstance,
    memory,
    wrongOperators,
    notedMode,
    knownRestore,
    restoreFreshMs: RESTORE_FRESH_MS,
    concurrency: 4,
    sharing: false,
    dispatchSoon: () => ctx.waitUntil(dispatch(composed)),
    replaySoon: () => ctx.waitUntil(replay(composed)),
    reconcileSoon: () => ctx.waitUntil(reconcile(composed)),
  });
  return composed;
}

function databaseOf(env: Bindings): { readonly url: string } | { readonly problem: string } {
  if (env.HYPERDRIVE !== undefined) return { url: env.HYPERDRIVE.connectionString };
  const url = env['DATABASE_URL'];
  if (typeof url !== 'string' || url === '') return { problem: 'HYPERDRIVE or DATABASE_URL is missing' };
  const problem = databaseUrlProblem(url);
  return problem === null ? { url } : { problem };
}

async function dispatch(composed: Composed): Promise<void> {
  try {
    await composed.dispatch(clock.now() + DISPATCH_MS);
  } catch (error) {
    // What is owed stays owed: the next delivery or the cron goes on with it.
    log.error('dispatch_failed', { error: error instanceof Error ? error.name : typeof error });
  }
}

/** Goes on where it stood at the next cron: a long replay takes as many of them as it needs. */
async function replay(composed: Composed): Promise<void> {
  try {
    await composed.replay(clock.now() + DISPATCH_MS);
  } catch (error) {
    log.error('replay_failed', { error: error instanceof Error ? error.name : typeof error });
  }
}

/** What is too much to forget for one minute waits for the next. */
async function keepUp(composed: Composed): Promise<void> {
  try {
    await composed.keepUp(clock.now() + DISPATCH_MS);
  } catch (error) {
    log.error('upkeep_failed', { error: error instanceof Error ? error.name : typeof error });
  }
}

/** The same. */
async function reconcile(composed: Composed): Promise<void> {
  try {
    await composed.reconcile(clock.now() + DISPATCH_MS);
  } catch (error) {
    log.error('reconcile_failed', { error: error instanceof Error ? error.name : typeof error });
  }
}

const spilled = v.object({
  headers: v.record(v.string(), v.string()),
  body: v.string(),
  receivedAt: v.number(),
});

const SIGNED_HEADERS = ['svix-id', 'svix-timestamp', 'svix-signature'];

function spillTo(queue: Queue<string>): Spill {
  return {
    async put({ headers, body, receivedAt }) {
      if (body.byteLength > MOST_SPILLED_BYTES) return false;
      const signed = Object.fromEntries(SIGNED_HEADERS.map((name) => [name, headers.get(name) ?? '']));
      try {
        await queue.send(JSON.stringify({ headers: signed, body: base64OfBytes(body), receivedAt }));
        return true;
      } catch {
        return false;
      }
    },
  };
}

function readSpilled(message: unknown): SpilledMessage | UnreadableMessage {
  try {
    const { headers, body, receivedAt } = v.parse(spilled, JSON.parse(v.parse(v.string(), message)));
    return {
      headers: new Headers(headers),
      body: bytesOfBase64(body),
      receivedAt,
    };
  } catch {
    return { raw: new TextEncoder().encode(JSON.stringify(message) ?? '') };
  }
}

const app = createApp((c: Context) => {
  const composed = composeFor((c.env ?? {}) as Bindings, c.executionCtx);
  return 'services' in composed ? { services: composed.services } : { problems: composed };
}, CONSOLE_ROUTES);

/** How the name of the dead letters' queue ends, in `wrangler.toml`. */
const DEAD_LETTERS = '-dead';

/**
 * Seconds before the queue offers a message again: soon after a restart of the database, then every quarter of an
 * hour, so that the hundred tries of `wrangler.toml` outlast an outage of a day, and those of the dead letters another.
 */
function againAfter(attempts: number): { readonly delaySeconds: number } {
  return { delaySeconds: Math.min(900, 2 ** Math.min(attempts - 1, 10)) };
}

const worker = {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),

  /** Both the spilled messages and their dead letters: neither may be lost, so both go into the inbox. */
  async queue(batch: MessageBatch, env: Bindings, ctx: ExecutionContext): Promise<void> {
    const composed = composeFor(env, ctx);
    if (!('services' in composed)) {
      for (const message of batch.messages) message.retry(againAfter(message.attempts));
      return;
    }
    const { webhooks, process } = composed;
    const messages = batch.messages.map((message) => readSpilled(message.body));
    const last = batch.queue.endsWith(DEAD_LETTERS);
    const consumed = await consumeSpill({ webhooks, process, clock, log }, messages, last);
    batch.messages.forEach((message, index) => {
      const what: Consumed | undefined = consumed[index];
      if (what === 'done') message.ack();
      else message.retry(againAfter(message.attempts));
    });
    ctx.waitUntil(dispatch(composed));
  },

  /** Every minute: whatever is owed and was not carried out right after its commit, then what is to be decided again, then what is to be forgotten. */
  async scheduled(_controller: ScheduledController, env: Bindings, ctx: ExecutionContext): Promise<void> {
    const composed = composeFor(env, ctx);
    if (!('services' in composed)) return;
    await dispatch(composed);
    await replay(composed);
    await reconcile(composed);
    await keepUp(composed);
  },
} satisfies { fetch(request: Request, env: Bindings, ctx: ExecutionContext): unknown } & Omit<
  ExportedHandler<Bindings>,
  'fetch'
>;

export default worker;
