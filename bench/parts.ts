import postgres, { type Sql } from 'postgres';
import { migrate } from '../src/store/postgres/migrate.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';
import { type ClerkStandIn, serveClerkStandIn } from '../src/testing/index.ts';
import { cleanups } from '../src/testing/stack/cleanup.ts';
import { type Started, startServer } from './servers.ts';
import { ROLE } from './signed-events.ts';

/** What is acknowledged is on the disk, as in production. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on' };

/** Of a production instance, whose share of Clerk's limit is 30 calls a second. */
const SECRET_KEY = 'sk_live_bench_not_a_real_key';

export interface Parts {
  readonly database: EmbeddedPostgres;
  /** The superuser's. */
  readonly sql: Sql;
  readonly clerk: ClerkStandIn;
  readonly environment: Readonly<Record<string, string>>;
  /** A server over the same database. It ends with the rest. */
  start(script: string, environment?: NodeJS.ProcessEnv): Promise<Started>;
  /** Ended before the rest. */
  later(end: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

/** What ends everything that runs: for whoever interrupts a bench. */
const running = new Set<() => Promise<void>>();

export async function stopParts(): Promise<void> {
  await Promise.allSettled([...running].map((stop) => stop()));
}

/** A migrated database, a stand-in for Clerk that knows the events' role and sends nothing by itself, and servers over both. */
export async function startParts(): Promise<Parts> {
  const ends = cleanups();
  running.add(ends.run);
  try {
    const database = await startEmbeddedPostgres({ settings: DURABLE, ownProcessGroup: true });
    ends.later(() => database.stop());
    const served = await serveClerkStandIn({ autoSend: false, secretKey: SECRET_KEY });
    ends.later(() => served.close());
    served.standIn.defineRole(ROLE.key, ROLE.name, ROLE.permissions);
    await migrate(database.url);
    const sql = postgres(database.url, { max: 2, onnotice: () => undefined });
    ends.later(() => sql.end());
    const environment = {
      DATABASE_URL: database.url,
      CLERK_WEBHOOK_SIGNING_SECRET: served.standIn.signingSecret,
      CLERK_SECRET_KEY: served.standIn.secretKey,
      CLERK_API_URL: served.url,
      ROLECALL_READ_TOKEN: 'bench-read',
      ROLECALL_OPERATOR_TOKEN: 'bench-operate',
    };
    return {
      database,
      sql,
      clerk: served.standIn,
      environment,
      async start(script, more = {}) {
        const server = await startServer(script, { ...process.env, ...environment, ...more });
        ends.later(() => server.stop());
        return server;
      },
      later: ends.later,
      async stop() {
        await ends.run();
        running.delete(ends.run);
      },
    };
  } catch (error) {
    await ends.run();
    throw error;
  }
}
