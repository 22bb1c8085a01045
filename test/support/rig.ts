import postgres, { type Sql } from 'postgres';
import { DEFAULT_CONSEQUENCES } from '../../src/domain/effects.ts';
import { grantText } from '../../src/domain/grant.ts';
import { isOrganizationId, isUserId, pairKey } from '../../src/domain/ids.ts';
import { type Dispatcher, dispatchEffects } from '../../src/pipeline/dispatch-effects.ts';
import { unknownInstance } from '../../src/pipeline/instance-check.ts';
import type { Clock, Delivery, Log, LogFields, Mode, Provider, Store } from '../../src/pipeline/ports.ts';
import { type ProcessDeliveries, type Processed, processDeliveries } from '../../src/pipeline/process.ts';
import { clerkBackendApi } from '../../src/provider/clerk/backend-api.ts';
import { clerkWebhooks } from '../../src/provider/clerk/webhooks.ts';
import { postgresStatements, type Statements } from '../../src/store/postgres/client.ts';
import { emptyMemory } from '../../src/store/postgres/memory.ts';
import { postgresStore } from '../../src/store/postgres/store.ts';
import {
  type ClerkStandIn,
  type ClerkStandInOptions,
  type OutboxEvent,
  serveClerkStandIn,
} from '../../src/testing/index.ts';
import { freshDatabase } from '../setup/fresh-database.ts';

/** What a process of Rolecall consists of, with connections of its own. */
export interface Worker {
  readonly store: Store;
  readonly statements: Statements;
  readonly process: ProcessDeliveries;
  readonly dispatcher: Dispatcher;
  readonly logged: { readonly event: string; readonly fields: LogFields }[];
  dispatch(): Promise<number>;
}

export interface WorkerOptions {
  readonly url?: string;
  readonly mode?: Mode;
  readonly connections?: number;
  readonly secretKey?: string;
  readonly clock?: Clock;
  readonly budget?: { readonly callsPerSecond: number; readonly burst: number };
  readonly provider?: (real: Provider) => Provider;
  readonly store?: (real: Store) => Store;
  readonly consequences?: typeof DEFAULT_CONSEQUENCES;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
}

export interface Rig {
  readonly url: string;
  /** A superuser's own connections. */
  readonly sql: Sql;
  readonly clerk: ClerkStandIn;
  readonly clerkUrl: string;
  worker(options?: WorkerOptions): Worker;
  /** The event as its verified delivery. */
  delivery(event: OutboxEvent, how?: { readonly id?: string; readonly body?: string }): Promise<Delivery>;
  /** All events of the outbox that were not taken from it before. */
  news(): Promise<Delivery[]>;
  /** Makes everything that waits for its time due now. */
  hurry(): Promise<void>;
  stop(): Promise<void>;
}

export const plenty = { callsPerSecond: 10_000, burst: 10_000 };

/** A migrated database, a stand-in for Clerk that sends nothing by itself, and as many workers as wanted. */
export async function startRig(options: ClerkStandInOptions = {}): Promise<Rig> {
  const database = await freshDatabase();
  const sql = postgres(database.url, { max: 6, onnotice: () => undefined });
  const served = await serveClerkStandIn({ autoSend: false, seed: 7, ...options });
  const clerk = served.standIn;
  const webhooks = clerkWebhooks([clerk.signingSecret]);
  const workers: Worker[] = [];
  let taken = 0;

  const delivery: Rig['delivery'] = async (event, how = {}) => {
    const { headers, body } = clerk.signed(event, how);
    const read = webhooks.authenticate(
      { headers: new Headers({ ...headers }), body: new TextEncoder().encode(body) },
      { source: 'webhook', at: clerk.now() },
    );
    if ('refused' in read) throw new Error(read.refused);
    return read;
  };

  return {
    url: database.url,
    sql,
    clerk,
    clerkUrl: served.url,
    delivery,
    worker(wanted = {}) {
      const clock = wanted.clock ?? { now: () => Date.now() };
      const statements = postgresStatements(wanted.url ?? database.url, {
        connections: wanted.connections ?? 1,
      });
      const real = postgresStore(statements, emptyMemory());
      const store = wanted.store?.(real) ?? real;
      const logged: { event: string; fields: LogFields }[] = [];
      const note = (event: string, fields: LogFields = {}) => void logged.push({ event, fields });
      const log: Log = { info: note, warn: note, error: note };
      const api = clerkBackendApi({
        secretKey: wanted.secretKey ?? clerk.secretKey,
        apiUrl: served.url,
        timeoutMs: wanted.timeoutMs ?? 5_000,
        clock,
      });
      const dispatcher: Dispatcher = {
        store,
        clock,
        log,
        mode: wanted.mode ?? 'enforce',
        consequences: wanted.consequences ?? DEFAULT_CONSEQUENCES,
        provider: wanted.provider?.(api) ?? api,
        // The longest wait before a retry: a slow machine must not run into it.
        chance: () => 1,
        budget: wanted.budget ?? plenty,
        knownInstance: unknownInstance(),
        concurrency: wanted.concurrency ?? 4,
      };
      const worker: Worker = {
        store,
        statements,
        dispatcher,
        logged,
        process: processDeliveries(dispatcher),
        dispatch: () => dispatchEffects(dispatcher, Number.POSITIVE_INFINITY),
      };
      workers.push(worker);
      return worker;
    },
    async news() {
      const events = clerk.outbox.slice(taken);
      taken = clerk.outbox.length;
      return Promise.all(events.map((event) => delivery(event)));
    },
    async hurry() {
      await sql`update rolecall.effects set due_at = now() - interval '1 second' where status = 'owed'`;
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.statements.end()));
      await sql.end();
      await served.close();
      await database.drop();
    },
  };
}

export function outcomes(processed: readonly Processed[]): string[] {
  return processed.map((one) => one.outcome);
}

/** An organization with a role of its own and members who hold it; all told and taken. */
export async function seedOrganization(
  rig: Rig,
  worker: Worker,
  users: readonly string[],
  role = 'org:admin',
): Promise<string> {
  const { clerk } = rig;
  for (const id of users) clerk.createUser({ id });
  const organization = clerk.createOrganization({ id: `org_${users[0]}` });
  for (const id of users) clerk.addMember(organization.id, id, role);
  await worker.process(await rig.news());
  await worker.dispatch();
  return organization.id;
}

/** What one member holds now, as readers are told it. */
export async function readMember(
  worker: Worker,
  organization: string,
  user: string,
): Promise<{
  readonly member: { readonly role: string; readonly permissions: readonly string[] } | null;
  readonly cutoff: number | null;
}> {
  if (!isOrganizationId(organization) || !isUserId(user)) throw new Error('not an id');
  const standing = await worker.store.readStanding({
    members: [[organization, user]],
    agents: [],
    sessions: [],
  });
  const held = standing.members.get(pairKey(organization, user));
  const member =
    held === undefined || held.role === null
      ? null
      : { role: held.role, permissions: held.grants.map(grantText) };
  return { member, cutoff: held?.cutoff ?? null };
}

/** One column of what a query answered. */
export function column(rows: Iterable<object | undefined>, name: string): unknown[] {
  return [...rows].map((row) => new Map<string, unknown>(Object.entries(row ?? {})).get(name));
}

/** Who may do what, as the database says it. */
export async function access(sql: Sql): Promise<string[]> {
  const rows = await sql<{ organization_id: string; user_id: string; role: string; permissions: string[] }[]>`
    select organization_id, user_id, role, permissions from rolecall.access order by 1, 2`;
  return rows.map(
    (row) => `${row.organization_id} ${row.user_id} ${row.role} ${[...row.permissions].sort().join(',')}`,
  );
}

/** The same, as the provider says it. */
export function providerAccess(clerk: ClerkStandIn): string[] {
  return clerk
    .access()
    .map((one) => `${one.organizationId} ${one.userId} ${one.role} ${one.permissions.join(',')}`)
    .sort();
}
