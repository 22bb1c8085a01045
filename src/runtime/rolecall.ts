import type { Context, Hono } from 'hono';
import { CONSOLE_ROUTES } from '../console/routes.ts';
import type { Consequences } from '../domain/effects.ts';
import { createApp, mountApp } from '../http/app.ts';
import { throttle } from '../http/operator/throttle.ts';
import { unknownInstance } from '../pipeline/instance-check.ts';
import { unknownRestore } from '../pipeline/upkeep/known-restore.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { databaseUrlProblem } from '../store/postgres/database-url.ts';
import { postgresDownloads } from '../store/postgres/downloads.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { compose } from './compose.ts';
import { type Environment, readConfig } from './config.ts';
import { dispatchLoop } from './dispatch-loop.ts';
import { jsonLog, toStandardError } from './log.ts';

export interface RolecallOptions {
  /** The variables of the README, for example `process.env`. `DATABASE_URL` among them. */
  readonly environment: Environment;
  /** Where the interface is mounted, for example `/rolecall`; at the root when left out. */
  readonly basePath?: string;
  /** Connections to the database that are held; concurrent deliveries share them. 8 when left out. */
  readonly connections?: number;
  /**
   * What a loss does beside refusing the tokens, by its cause; goes before `ROLECALL_CONSEQUENCES`. Left out by both:
   * removed, reduced and suspended members are signed out (`revoke`); a changed password, and what members lose by their
   * role's definition, another policy or a feature, only makes their clients fetch a new token (`refresh`).
   */
  readonly consequences?: Partial<Consequences>;
  /** Compares everything with Clerk so often, for development where no webhook can arrive. Not at all when left out. */
  readonly pollSeconds?: number;
  /** Takes the log, one JSON object a line; standard error when left out. */
  readonly writeLog?: (line: string) => void;
}

export interface Rolecall {
  /** Answers any request of the interface. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** The same as a Hono app, to be mounted with `route`. */
  readonly app: Hono;
  /** Starts carrying out what is owed: lookups and revocations. Without it another process has to. */
  start(): void;
  /** Lets go of all who wait for changes, so that their requests end: before whatever serves requests is stopped. */
  drain(): void;
  /** Ends that after what is under way, and lets go of the database. Requests must have ended before. */
  stop(): Promise<void>;
}

/** Snapshots at once; more of them wait for their turn. */
const DOWNLOADS = 4;
/** Within how much a commit of another process is told of; one of this process is told of at once. */
const POLL_MS = 100;
/** A statement a second at most, in the way of one of the requests of that second. */
const RESTORE_FRESH_MS = 1_000;
/** How often to look whether there is anything to note or to forget. */
const UPKEEP_MS = 60_000;

/**
 * The server, for any runtime whose sockets outlive a request: Node, and apps that run on it. On Workers use
 * `rolecall/worker`, which is built for theirs.
 * @throws Error naming every problem of the environment at once, and never a value of it.
 */
export function createRolecall(options: RolecallOptions): Rolecall {
  const read = readConfig(options.environment);
  const databaseUrl = options.environment['DATABASE_URL'];
  const problems = 'problems' in read ? [...read.problems] : [];
  const ofUrl =
    typeof databaseUrl === 'string' && databaseUrl !== ''
      ? databaseUrlProblem(databaseUrl)
      : 'DATABASE_URL is missing';
  if (ofUrl !== null) problems.push(ofUrl);
  if ('problems' in read || typeof databaseUrl !== 'string' || problems.length > 0) {
    throw new Error(`Rolecall is misconfigured: ${problems.join('; ')}`);
  }
  const clock = { now: () => Date.now() };
  const { writeLog } = options;
  const log = jsonLog(writeLog === undefined ? toStandardError : (_, line) => writeLog(line), clock.now);
  const statements = postgresStatements(databaseUrl, { connections: options.connections ?? 8 });
  const downloads = postgresDownloads(databaseUrl, { most: DOWNLOADS });
  const composed = compose(read.config, {
    statements,
    downloads,
    pollMs: POLL_MS,
    clock,
    log,
    spill: null,
    knownInstance: unknownInstance(),
    memory: emptyMemory(),
    notedMode: { noted: false },
    knownRestore: unknownRestore(),
    restoreFreshMs: RESTORE_FRESH_MS,
    wrongOperators: throttle(),
    concurrency: 8,
    sharing: true,
    consequences: options.consequences,
    dispatchSoon: () => loop.nudge(),
    replaySoon: () => replays.nudge(),
    reconcileSoon: () => reconciliations.nudge(),
    reconcilePollMs: options.pollSeconds === undefined ? undefined : options.pollSeconds * 1_000,
  });
  const loop = dispatchLoop(
    // Until nothing is due: an attempt that hangs must not keep what comes meanwhile from being started.
    (stopping) => composed.dispatch(Number.POSITIVE_INFINITY, stopping),
    (error) => log.error('dispatch_failed', { error: error instanceof Error ? error.name : typeof error }),
  );
  // A loop of its own: a replay of everything keeps no revocation waiting, nor the other way about.
  const replays = dispatchLoop(
    (stopping) => composed.replay(Number.POSITIVE_INFINITY, stopping),
    (error) => log.error('replay_failed', { error: error instanceof Error ? error.name : typeof error }),
  );
  // And another one: a million members are read in minutes.
  const reconciliations = dispatchLoop(
    (stopping) => composed.reconcile(Number.POSITIVE_INFINITY, stopping),
    (error) => log.error('reconcile_failed', { error: error instanceof Error ? error.name : typeof error }),
  );
  const upkeep = dispatchLoop(
    (stopping) => composed.keepUp(Number.POSITIVE_INFINITY, stopping),
    (error) => log.error('upkeep_failed', { error: error instanceof Error ? error.name : typeof error }),
    UPKEEP_MS,
  );
  const app = createApp((_: Context) => ({ services: composed.services }), CONSOLE_ROUTES);
  const mounted = options.basePath === undefined ? app : mountApp(options.basePath, app);
  return {
    app: mounted,
    fetch: (request) => mounted.fetch(request),
    start() {
      loop.start();
      replays.start();
      reconciliations.start();
      upkeep.start();
    },
    drain: () => composed.closeFeed(),
    async stop() {
      composed.closeFeed();
      await Promise.all([loop.stop(), replays.stop(), reconciliations.stop(), upkeep.stop()]);
      await Promise.all([statements.end(), downloads.end()]);
    },
  };
}
