import postgres from 'postgres';
import { type NodeServer, startNodeServer } from '../../../src/runtime/node.ts';
import {
  type ClerkStandIn,
  type ClerkStandInOptions,
  serveClerkStandIn,
  svixHeaders,
} from '../../../src/testing/index.ts';
import { freshDatabase } from '../../setup/fresh-database.ts';

export const READ_TOKEN = 'read-token-CANARY-7c1e';
export const SIGNING_SECRET = `whsec_${btoa('CANARY signing secret, 32 bytes!')}`;
export const SECRET_KEY = 'sk_test_CANARY_secret_key';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface Running {
  readonly url: string;
  readonly clerk: ClerkStandIn;
  readonly clerkUrl: string;
  readonly databaseUrl: string;
  readonly sql: postgres.Sql;
  /** Lines as written. */
  readonly log: string[];
  logged(event: string): Record<string, unknown>[];
  get(path: string, token?: string): Promise<Answer>;
  /** Signs and posts; every message has an id of its own unless one is given. */
  post(body: string | Uint8Array<ArrayBuffer>, how?: Sending): Promise<Answer & { readonly id: string }>;
  member(organization: string, user: string): Promise<Member>;
  inbox(id: string): Promise<postgres.Row | undefined>;
  effects(id: string): Promise<postgres.Row[]>;
  stop(): Promise<void>;
}

export interface Member {
  readonly member: boolean;
  readonly role: string | null;
  readonly permissions: readonly { readonly permission: string }[];
  readonly cutoff: string | null;
  readonly revision: number;
}

export interface Sending {
  readonly id?: string;
  /** Milliseconds; when it is said to be sent. */
  readonly at?: number;
  readonly secret?: string;
  /** Instead of the signed ones, or beside them; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

let messages = 0;
export const newMessageId = () => {
  messages += 1;
  return `msg_test${messages}`;
};

/** The real server on a database of its own, and a stand-in for Clerk that it can ask. */
export async function startRolecall(
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly basePath?: string;
    /** Effects wait for ever: what is owed can be looked at. */
    readonly paused?: boolean;
    readonly standIn?: ClerkStandInOptions;
  } = {},
): Promise<Running> {
  const database = await freshDatabase();
  const clerk = await serveClerkStandIn({
    autoSend: false,
    secretKey: SECRET_KEY,
    signingSecret: SIGNING_SECRET,
    ...options.standIn,
  });
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  const log: string[] = [];
  const server: NodeServer = await startNodeServer({
    environment: {
      DATABASE_URL: database.url,
      CLERK_WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
      CLERK_SECRET_KEY: SECRET_KEY,
      CLERK_API_URL: clerk.url,
      ROLECALL_READ_TOKEN: READ_TOKEN,
      ROLECALL_OPERATOR_TOKEN: 'operator-CANARY',
      ROLECALL_MODE: options.paused === false ? 'enforce' : 'paused',
      ...options.environment,
    },
    ...(options.basePath === undefined ? {} : { basePath: options.basePath }),
    connections: 4,
    port: 0,
    writeLog: (line) => void log.push(line),
  });
  const base = `${server.url}${options.basePath ?? ''}`;

  const running: Running = {
    url: base,
    clerk: clerk.standIn,
    clerkUrl: clerk.url,
    databaseUrl: database.url,
    sql,
    log,
    logged: (event) =>
      log.map((line) => JSON.parse(line) as Record<string, unknown>).filter((one) => one['event'] === event),
    async get(path, token = READ_TOKEN) {
      return answerOf(await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } }));
    },
    async post(body, how = {}) {
      const id = how.id ?? newMessageId();
      const request = { method: 'POST', headers: signedHeaders(body, { ...how, id }), body };
      return { id, ...(await answerOf(await fetch(`${base}/webhooks/clerk`, request))) };
    },
    async member(organization, user) {
      return (await running.get(`/v1/organizations/${organization}/members/${user}`)).json as Member;
    },
    async inbox(id) {
      const [row] = await sql`select * from rolecall.inbox where id = ${id}`;
      return row;
    },
    effects: (id) =>
      sql`select kind, organization_id, user_id from rolecall.effects where delivery_id = ${id} order by id`,
    async stop() {
      await server.stop();
      await clerk.close();
      await sql.end();
      await database.drop();
    },
  };
  return running;
}

export function signedHeaders(body: string | Uint8Array, how: Sending & { readonly id: string }): Headers {
  const { id, at = Date.now(), secret = SIGNING_SECRET } = how;
  const headers = new Headers({ ...svixHeaders(secret, id, at, body), 'content-type': 'application/json' });
  for (const [name, value] of Object.entries(how.headers ?? {})) {
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
  }
  return headers;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : null,
  };
}
