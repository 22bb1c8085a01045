import postgres from 'postgres';
import { migrate } from '../src/store/postgres/migrate.ts';
import { startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';
import { createClerkStandIn } from '../src/testing/index.ts';
import type { Figure } from './figure.ts';
import { type Measured, measure } from './load.ts';
import { startServer, stopServer } from './servers.ts';

const MEMBERS = 10_000;
const CONNECTIONS = 32;

/** Decisions over HTTP (AuthZEN), one a request, against a Hono route that answers a constant. Rounds alternate. */
export async function evaluations(seconds: number): Promise<Figure[]> {
  const database = await startEmbeddedPostgres({});
  const clerk = createClerkStandIn({ autoSend: false });
  await migrate(database.url);
  await hire(database.url);
  const ours = await startServer('./rolecall-server.ts', {
    ...process.env,
    DATABASE_URL: database.url,
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_API_URL: 'http://127.0.0.1:9',
    ROLECALL_READ_TOKEN: 'bench-read',
    ROLECALL_OPERATOR_TOKEN: 'bench-operate',
  });
  const constant = await startServer('./constant-server.ts', process.env);
  try {
    const load = { connections: CONNECTIONS, seconds, next: question };
    const rounds: { ours: Measured; constant: Measured }[] = [];
    for (let round = 0; round < 3; round += 1) {
      rounds.push({
        constant: await measure({ ...load, url: `${constant.url}/access/v1/evaluation` }),
        ours: await measure({ ...load, url: `${ours.url}/access/v1/evaluation` }),
      });
    }
    const best = (of: 'ours' | 'constant') =>
      rounds.map((round) => round[of]).reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
    const [a, b] = [best('ours'), best('constant')];
    return [
      {
        what: `evaluations a second over HTTP, ${CONNECTIONS} connections`,
        ours: `${a.perSecond.toFixed(0)} (p99 ${a.p99.toFixed(1)} ms)`,
        yardstick: `${b.perSecond.toFixed(0)} of a constant (p99 ${b.p99.toFixed(1)} ms)`,
        ratio: Number((a.perSecond / b.perSecond).toFixed(2)),
      },
    ];
  } finally {
    await Promise.all([stopServer(ours.child), stopServer(constant.child)]);
    await database.stop();
  }
}

let asked = 0;

function question() {
  asked += 1;
  return {
    headers: { authorization: 'Bearer bench-read' },
    body: JSON.stringify({
      subject: { type: 'user', id: `user_${asked % MEMBERS}` },
      action: { name: 'org:posts:write' },
      resource: { type: 'organization', id: `org_${asked % 100}` },
    }),
  };
}

async function hire(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql`
    insert into rolecall.role_keys (key, provided, grants) values
      ('org:editor', '{org:posts:read,org:posts:write}', '{org:posts:read,org:posts:write}')`;
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
    select 'orgmem_' || n, 'org_' || n % 100, 'user_' || n, 1, 'org:editor', 1, 1, 1 from generate_series(0, ${MEMBERS - 1}) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_' || n % 100, 'user_' || n, 'orgmem_' || n, 1, 1 from generate_series(0, ${MEMBERS - 1}) as n`;
  await sql`vacuum analyze rolecall.memberships, rolecall.pairs`;
  await sql.end();
}
