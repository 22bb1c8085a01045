import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { migrate } from '../src/store/postgres/migrate.ts';
import { startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';
import { freePort } from '../src/testing/free-port.ts';
import { type ClerkStandIn, serveClerkStandIn } from '../src/testing/index.ts';
import { cleanups } from '../src/testing/stack/cleanup.ts';
import { enterHermeticEnvironment } from '../src/testing/stack/hermetic-environment.ts';
import { type Logins, makeLogins } from '../src/testing/stack/logins.ts';
import { untilReady } from '../src/testing/stack/ready.ts';
import { startWorker } from '../src/testing/stack/workerd.ts';
import type { Canaries } from './canaries.ts';
import { once } from './genuine.ts';
import { startTarget, type Target } from './target.ts';

/** Everything an attack needs, on this machine and 127.0.0.1 only. */
export interface Stage {
  readonly node: Target;
  /** Host and port of the worker in workerd. */
  readonly workerHost: string;
  readonly clerk: ClerkStandIn;
  /** A superuser's. */
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly logins: Logins;
  stop(): Promise<void>;
}

/** Asked on connections that are closed behind it. */
async function untilServed(host: string): Promise<void> {
  for (let patience = 0; patience < 300; patience += 1) {
    const { status } = await once(host, { method: 'GET', target: '/readyz' });
    if (status === 200) return;
    await delay(50);
  }
  throw new Error('the server did not become ready');
}

const WORKER = fileURLToPath(new URL('../wrangler.toml', import.meta.url));

/** @param heard every line that anything writes: Rolecall on Node and in workerd, and Postgres, which logs what it refuses. */
export async function startStage(
  seed: number,
  canaries: Canaries,
  heard: (line: string) => void,
): Promise<Stage> {
  const ends = cleanups();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'rolecall-attack-'));
    ends.later(() => rm(folder, { recursive: true, force: true }));
    enterHermeticEnvironment(folder);
    const database = await startEmbeddedPostgres({ log: heard });
    ends.later(database.stop);
    await migrate(database.url);
    const logins = await makeLogins(database.url, canaries);
    const sql = postgres(database.url, { max: 4, onnotice: () => undefined });
    ends.later(() => sql.end());

    const clerk = await serveClerkStandIn({
      seed,
      autoSend: false,
      secretKey: canaries.secretKey,
      signingSecret: canaries.signingSecret,
    });
    ends.later(clerk.close);
    const { standIn } = clerk;
    const environment = {
      CLERK_WEBHOOK_SIGNING_SECRET: canaries.signingSecret,
      CLERK_SECRET_KEY: canaries.secretKey,
      CLERK_API_URL: clerk.url,
      CLERK_JWT_KEY: standIn.jwtKeyPem,
      CLERK_ISSUER: standIn.issuer,
      ROLECALL_AUTHORIZED_PARTIES: standIn.authorizedParty,
      ROLECALL_READ_TOKEN: `all:${canaries.readToken} acme@org_acme:${canaries.acmeToken}`,
      ROLECALL_OPERATOR_TOKEN: `ann:${canaries.operatorToken} bob+read:${canaries.lookerToken}`,
      ROLECALL_RECONCILE_EVERY: 'off',
    };
    const [node, worker] = await Promise.all([
      startTarget({ ...environment, DATABASE_URL: logins.service }, heard),
      freePort().then((port) =>
        startWorker({
          configPath: WORKER,
          port,
          databaseUrl: logins.service,
          secrets: environment,
          log: (_, message) => heard(message),
        }),
      ),
    ]);
    ends.later(node.stop);
    ends.later(worker.stop);
    await Promise.race([untilReady(worker.url, () => ''), worker.failed]);
    await untilServed(node.host);
    return {
      node,
      workerHost: new URL(worker.url).host,
      clerk: standIn,
      sql,
      databaseUrl: database.url,
      logins,
      stop: ends.run,
    };
  } catch (error) {
    await ends.run().catch(() => undefined);
    throw error;
  }
}
