import postgres from 'postgres';
import { migrate } from '../src/store/postgres/migrate.ts';
import { startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';
import { serveClerkStandIn } from '../src/testing/index.ts';
import type { Figure } from './figure.ts';
import { type Measured, measure } from './load.ts';
import { startServer, stopServer } from './servers.ts';
import { ROLE, signedEvent } from './signed-events.ts';

const CONNECTIONS = [1, 32, 128];

/**
 * One webhook a request on Node: Rolecall with all its guarantees against a naive handler on the same stack (Hono,
 * svix, one upsert through drizzle; no inbox, no ordering). Rounds alternate, the better of each counts.
 */
export async function ingest(seconds: number): Promise<Figure[]> {
  const database = await startEmbeddedPostgres({ settings: { fsync: 'on', synchronous_commit: 'on' } });
  const clerk = await serveClerkStandIn({ autoSend: false });
  clerk.standIn.defineRole(ROLE.key, ROLE.name, ROLE.permissions);
  await migrate(database.url);
  await createNaiveTable(database.url);
  const environment = {
    ...process.env,
    DATABASE_URL: database.url,
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.standIn.signingSecret,
    CLERK_SECRET_KEY: clerk.standIn.secretKey,
    CLERK_API_URL: clerk.url,
    ROLECALL_READ_TOKEN: 'bench-read',
    ROLECALL_OPERATOR_TOKEN: 'bench-operate',
  };
  const ours = await startServer('./rolecall-server.ts', environment);
  const naive = await startServer('./naive-server.ts', environment);
  try {
    const figures: Figure[] = [];
    for (const connections of CONNECTIONS) {
      const load = { connections, seconds, next: () => signedEvent(clerk.standIn.signingSecret) };
      const rounds: { naive: Measured; ours: Measured }[] = [];
      for (let round = 0; round < 2; round += 1) {
        rounds.push({
          naive: await measure({ ...load, url: `${naive.url}/webhooks/clerk` }),
          ours: await measure({ ...load, url: `${ours.url}/webhooks/clerk` }),
        });
      }
      const best = (of: 'ours' | 'naive') =>
        rounds.map((round) => round[of]).reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
      const [a, b] = [best('ours'), best('naive')];
      figures.push({
        what: `webhooks a second, ${connections} connections`,
        ours: `${a.perSecond.toFixed(0)} (p99 ${a.p99.toFixed(1)} ms)`,
        yardstick: `${b.perSecond.toFixed(0)} (p99 ${b.p99.toFixed(1)} ms)`,
        ratio: Number((a.perSecond / b.perSecond).toFixed(2)),
      });
    }
    return figures;
  } finally {
    await Promise.all([stopServer(ours.child), stopServer(naive.child)]);
    await clerk.close();
    await database.stop();
  }
}

async function createNaiveTable(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql`create table naive_members (
    organization_id text, user_id text, role text, permissions text[], primary key (organization_id, user_id))`;
  await sql.end();
}
