import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ClerkStandInOptions } from '../clerk/options.ts';
import { serveClerkStandIn } from '../clerk/serve.ts';
import type { ClerkStandIn } from '../clerk/stand-in.ts';
import { makeFolder } from '../embedded-postgres/folders.ts';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';
import { freePort } from '../free-port.ts';
import { cleanups } from './cleanup.ts';
import { type Credentials, credentialsIn } from './credentials.ts';
import { enterHermeticEnvironment } from './hermetic-environment.ts';
import { openJournal } from './journal.ts';
import { type Logins, makeLogins } from './logins.ts';
import { startNodeWorker } from './node-server.ts';
import { untilReady } from './ready.ts';
import { every } from './ticker.ts';
import { startWorker } from './workerd.ts';

export type StackOptions = {
  /** Where everything is kept over restarts; may be a link. Without it all is temporary. */
  readonly folder?: string;
  /** Free ones by default. */
  readonly workerPort?: number;
  readonly standInPort?: number;
  /** Passed to the worker beside what the stack knows, e.g. `ROLECALL_MODE`. Tokens: beside the stack's own. */
  readonly variables?: Readonly<Record<string, string>>;
  /** How often the worker's scheduled handler runs, in milliseconds. */
  readonly tickEvery?: number;
  /** The rest of what the stand-in can be told. */
  readonly standIn?: StandInOptions;
  /** Where the app runs: `workerd`, as it is deployed, when left out. */
  readonly runtime?: 'workerd' | 'node';
  /** Another worker than Rolecall's, and what its database needs. */
  readonly configPath?: string;
  readonly prepareDatabase?: (databaseUrl: string, credentials: Credentials) => Promise<Logins>;
  readonly log?: (part: 'postgres' | 'worker' | 'stack', message: string) => void;
  /** Gives up a start on its way. */
  readonly stopping?: AbortSignal;
};

type StandInOptions = Omit<
  ClerkStandInOptions,
  'instanceId' | 'secretKey' | 'signingSecret' | 'privateKeyPem' | 'endpoints' | 'restore' | 'onChange'
>;

export type Stack = {
  readonly worker: { readonly url: string; readonly webhooks: string };
  readonly clerk: { readonly url: string; readonly standIn: ClerkStandIn };
  readonly database: {
    /** The superuser's. */
    readonly url: string;
    /** An app's, which may only read. */
    readonly reader: string;
    /** An outage; resolves with what ends it. */
    readonly interrupt: () => Promise<() => Promise<void>>;
  };
  readonly tokens: { readonly read: string; readonly operator: string };
  /** Runs the worker's scheduled handler now. */
  readonly runScheduled: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const prepare = async (databaseUrl: string, credentials: Credentials): Promise<Logins> => {
  const { migrate } = await import('../../store/postgres/migrate.ts');
  await migrate(databaseUrl);
  return makeLogins(databaseUrl, credentials);
};

/** What was sent is answered before anything ends, unless the worker no longer answers. */
const drain = async (standIn: ClerkStandIn): Promise<void> => {
  standIn.pause();
  const patience = new AbortController();
  await Promise.race([standIn.settled(), delay(3_000, undefined, { signal: patience.signal })]);
  patience.abort();
};

/** The stack's own token stays good beside those that are given. */
const beside = (own: string, given = ''): string => `${own} ${given}`.trim();

const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Everything Rolecall needs, on this machine and 127.0.0.1 only: Postgres, a Clerk, the worker in workerd. */
export const startStack = async (options: StackOptions = {}): Promise<Stack> => {
  const ends = cleanups();
  const workerSaid: string[] = [];
  const log: NonNullable<StackOptions['log']> = (part, message) => {
    if (part === 'worker' && workerSaid.push(message) > 20) workerSaid.shift();
    options.log?.(part, message);
  };
  const goOn = () => options.stopping?.throwIfAborted();
  try {
    const folder = await makeFolder(options.folder ?? (await mkdtemp(join(tmpdir(), 'rolecall-stack-'))));
    if (options.folder === undefined) ends.later(() => rm(folder, { recursive: true, force: true }));
    enterHermeticEnvironment(folder);
    if (options.runtime !== 'node') import('wrangler').catch(() => undefined); // loads for half a second, while Postgres starts
    const [credentials, workerPort, standInPort] = await Promise.all([
      credentialsIn(folder),
      freePort(options.workerPort),
      freePort(options.standInPort),
    ]);

    const postgres = await startEmbeddedPostgres({
      ...(options.folder === undefined ? {} : { dataDirectory: join(folder, 'postgres') }),
      log: (line) => log('postgres', line),
    });
    ends.later(postgres.stop);
    void postgres.exited.then(() => log('stack', 'Postgres ended.'));
    goOn();
    const logins = await (options.prepareDatabase ?? prepare)(postgres.url, credentials);

    const journal = openJournal(join(folder, 'clerk.ndjson'));
    const webhooks = `http://127.0.0.1:${workerPort}/webhooks/clerk`;
    const { standIn, ...clerk } = await serveClerkStandIn({
      ...options.standIn,
      port: standInPort,
      instanceId: credentials.instanceId,
      secretKey: credentials.secretKey,
      signingSecret: credentials.signingSecret,
      privateKeyPem: credentials.privateKeyPem,
      endpoints: [{ url: webhooks }],
      autoSend: false,
      restore: journal.entries,
      onChange: journal.append,
    });
    ends.later(clerk.close);

    goOn();
    const {
      ROLECALL_READ_TOKEN: readTokens,
      ROLECALL_OPERATOR_TOKEN: operatorTokens,
      ...variables
    } = options.variables ?? {};
    const app = {
      port: workerPort,
      databaseUrl: logins.service,
      secrets: {
        CLERK_WEBHOOK_SIGNING_SECRET: credentials.signingSecret,
        CLERK_SECRET_KEY: credentials.secretKey,
        CLERK_API_URL: clerk.url,
        CLERK_JWT_KEY: standIn.jwtKeyPem,
        CLERK_ISSUER: standIn.issuer,
        ROLECALL_AUTHORIZED_PARTIES: standIn.authorizedParty,
        ...variables,
        ROLECALL_READ_TOKEN: beside(credentials.readToken, readTokens),
        ROLECALL_OPERATOR_TOKEN: beside(credentials.operatorToken, operatorTokens),
      },
      log: (level: string, message: string) => log('worker', `${level}: ${message}`),
    };
    const configPath = options.configPath ?? join(projectRoot, 'wrangler.toml');
    const worker = await (options.runtime === 'node'
      ? startNodeWorker(app)
      : startWorker({ ...app, configPath }));
    ends.later(worker.stop);
    goOn();
    await Promise.race([untilReady(worker.url, () => workerSaid.join('\n')), worker.failed]);
    goOn();
    const ticker = every(options.tickEvery ?? 3_000, worker.runScheduled, (error) =>
      log('stack', String(error)),
    );
    ends.later(ticker.stop);
    if (options.standIn?.autoSend !== false) standIn.resume();
    ends.later(() => drain(standIn));

    return {
      worker: { url: worker.url, webhooks },
      clerk: { url: clerk.url, standIn },
      database: { url: postgres.url, reader: logins.reader, interrupt: postgres.interrupt },
      tokens: { read: credentials.readToken, operator: credentials.operatorToken },
      runScheduled: worker.runScheduled,
      stop: ends.run,
    };
  } catch (error) {
    // What follows from it may not hide it.
    await ends.run().catch((consequence: unknown) => log('stack', String(consequence)));
    throw error;
  }
};
