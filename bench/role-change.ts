import postgres from 'postgres';
import { createRolecall } from '../src/index.ts';
import { migrate } from '../src/store/postgres/migrate.ts';
import { startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';
import { createClerkStandIn, svixHeaders } from '../src/testing/index.ts';
import type { Figure } from './figure.ts';
import { middle } from './median.ts';

const FEW = 1_000;
const MANY = 1_000_000;
const CHANGES = 60;

/** One signed `role.updated` that takes a permission away or gives it back, with few and with many who hold the role. */
export async function roleChange(): Promise<Figure[]> {
  const server = await startEmbeddedPostgres({ settings: { fsync: 'on', synchronous_commit: 'on' } });
  try {
    const few = await populated(server.url, 'few', FEW);
    const many = await populated(server.url, 'many', MANY);
    const times = { few: [] as number[], many: [] as number[] };
    // In turns, so that whatever else the machine does meets both.
    for (let change = 0; change < CHANGES; change += 1) {
      times.few.push(await few.change());
      times.many.push(await many.change());
    }
    await Promise.all([few.stop(), many.stop()]);
    const [ours, yardstick] = [middle(times.many.slice(10)), middle(times.few.slice(10))];
    return [
      {
        what: `changing a role that ${MANY.toLocaleString('en')} members hold`,
        ours: `${ours.toFixed(2)} ms`,
        yardstick: `${yardstick.toFixed(2)} ms with ${FEW.toLocaleString('en')}`,
        ratio: Number((ours / yardstick).toFixed(2)),
      },
    ];
  } finally {
    await server.stop();
  }
}

async function populated(server: string, name: string, members: number) {
  const admin = postgres(server, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${name}`);
  await admin.end();
  const url = new URL(server);
  url.pathname = name;
  await migrate(url.href);
  await hire(url.href, members);
  const clerk = createClerkStandIn({ autoSend: false });
  const rolecall = createRolecall({
    environment: {
      DATABASE_URL: url.href,
      CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
      CLERK_SECRET_KEY: clerk.secretKey,
      CLERK_API_URL: 'http://127.0.0.1:9',
      ROLECALL_READ_TOKEN: 'bench-read',
      ROLECALL_OPERATOR_TOKEN: 'bench-operate',
    },
    connections: 1,
    writeLog: () => undefined,
  });
  let count = 0;
  const change = async (): Promise<number> => {
    count += 1;
    const now = Date.now();
    const body = JSON.stringify(roleUpdated(now, count));
    const headers = svixHeaders(clerk.signingSecret, `msg_${count}`, now, body);
    const request = new Request('http://127.0.0.1/webhooks/clerk', {
      method: 'POST',
      headers: { ...headers },
      body,
    });
    const from = performance.now();
    const answer = await rolecall.fetch(request);
    const took = performance.now() - from;
    const said = await answer.text();
    if (!said.includes('"applied"')) throw new Error(`answered ${answer.status} ${said}`);
    return took;
  };
  return { change, stop: () => rolecall.stop() };
}

async function hire(url: string, members: number): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
    select 'orgmem_' || n, 'org_' || n % 1000, 'user_' || n, 1, 'org:editor', 1, 1, 1 from generate_series(1, ${members}) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_' || n % 1000, 'user_' || n, 'orgmem_' || n, 1, 1 from generate_series(1, ${members}) as n`;
  await sql`vacuum analyze rolecall.memberships, rolecall.pairs`;
  await sql.end();
}

/** Every other change takes the second permission away. */
function roleUpdated(now: number, count: number): object {
  const permission = (key: string) => ({ id: `perm_${key}`, key, name: key, created_at: 1_700_000_000_000 });
  return {
    object: 'event',
    type: 'role.updated',
    timestamp: now,
    data: {
      object: 'role',
      id: 'role_editor',
      key: 'org:editor',
      name: 'Editor',
      description: '',
      permissions: ['org:posts:read', ...(count % 2 === 0 ? [] : ['org:posts:write'])].map(permission),
      created_at: 1_700_000_000_000,
      updated_at: now,
    },
  };
}
