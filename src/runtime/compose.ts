import type { Consequences } from '../domain/effects.ts';
import { openStreams } from '../http/me/open-streams.ts';
import type { Throttle } from '../http/operator/throttle.ts';
import type { Services } from '../http/services.ts';
import { type Dispatcher, dispatchEffects } from '../pipeline/dispatch-effects.ts';
import { type Feed, openFeed } from '../pipeline/feed/follow-changes.ts';
import { checkInstance, type KnownInstance } from '../pipeline/instance-check.ts';
import type { Clock, Log, Spill, Store, Webhooks } from '../pipeline/ports.ts';
import { type ProcessDeliveries, processDeliveries } from '../pipeline/process.ts';
import { keepReconciled } from '../pipeline/reconcile/keep-reconciled.ts';
import type { Reconciler } from '../pipeline/reconcile/reconciler.ts';
import type { Repeater } from '../pipeline/replay/repeater.ts';
import { runReplays } from '../pipeline/replay/run-replays.ts';
import { shareCommits } from '../pipeline/share-commits.ts';
import { shareStandings } from '../pipeline/share-standings.ts';
import { isRestoring, type KnownRestore, knownRestoring } from '../pipeline/upkeep/known-restore.ts';
import { type NotedMode, runUpkeep } from '../pipeline/upkeep/run-upkeep.ts';
import { clerkWebhooks } from '../provider/clerk/webhooks.ts';
import { postgresAuditStore } from '../store/postgres/audit-store.ts';
import type { Statements } from '../store/postgres/client.ts';
import { postgresConsoleStore } from '../store/postgres/console-store.ts';
import type { Downloads } from '../store/postgres/downloads.ts';
import { postgresFeedStore } from '../store/postgres/feed-store.ts';
import { postgresListingStore } from '../store/postgres/listing-store.ts';
import type { Memory } from '../store/postgres/memory.ts';
import { postgresOperatorStore } from '../store/postgres/operator-store.ts';
import { postgresPolicyStore } from '../store/postgres/policy-store.ts';
import { postgresReconciliationStore } from '../store/postgres/reconciliation-store.ts';
import { postgresReplayStore } from '../store/postgres/replay-store.ts';
import { postgresSearchStore } from '../store/postgres/search-store.ts';
import { postgresStatusStore } from '../store/postgres/status-store.ts';
import { postgresStore } from '../store/postgres/store.ts';
import { postgresUpkeepStore } from '../store/postgres/upkeep-store.ts';
import { clerkApi } from './clerk-api.ts';
import type { Config } from './config.ts';
import { sessionTokens } from './session-tokens.ts';

export interface Composed {
  readonly services: Services;
  readonly webhooks: Webhooks;
  readonly process: ProcessDeliveries;
  /** Lets go of all who wait for changes, and of all who come. */
  closeFeed(): void;
  /** Carries out what is owed, until nothing is due, `untilMs` has come or it is told to stop. */
  dispatch(untilMs: number, stopping?: () => boolean): Promise<number>;
  /** Compares with the provider what is due to be compared, as long as above. */
  reconcile(untilMs: number, stopping?: () => boolean): Promise<number>;
  /** Decides once more on what failed and on what operators replay, as long as above. */
  replay(untilMs: number, stopping?: () => boolean): Promise<number>;
  /** Notes the mode and forgets what is old, where nobody else has done so. */
  keepUp(untilMs: number, stopping?: () => boolean): Promise<void>;
}

/** Wires the parts together for one process, or on Workers for one request. */
export function compose(
  config: Config,
  parts: {
    readonly statements: Statements;
    readonly downloads: Downloads;
    /** How often to look for changes while somebody waits for them. */
    readonly pollMs: number;
    readonly clock: Clock;
    readonly log: Log;
    readonly spill: Spill | null;
    readonly knownInstance: KnownInstance;
    readonly memory: Memory;
    readonly notedMode: NotedMode;
    readonly knownRestore: KnownRestore;
    /** For how long an answer to whether the database was restored counts. */
    readonly restoreFreshMs: number;
    readonly wrongOperators: Throttle;
    readonly concurrency: number;
    /** Concurrent requests may share a commit: where sockets are shared between requests. */
    readonly sharing: boolean;
    readonly consequences?: Partial<Consequences> | undefined;
    /** How often everything is compared where the provider pushes nothing. */
    readonly reconcilePollMs?: number | undefined;
    dispatchSoon(): void;
    replaySoon(): void;
    reconcileSoon(): void;
  },
): Composed {
  const { clock, log, spill, knownInstance } = parts;
  const feedStore = postgresFeedStore(parts.statements, parts.downloads);
  const organizations = config.readTokens.flatMap(({ organization }) => organization ?? []);
  const feed = openFeed({ store: feedStore, clock, log }, { pollMs: parts.pollMs, organizations });
  const store = tellingOf(postgresStore(parts.statements, parts.memory), feed);
  const webhooks = clerkWebhooks(config.signingSecrets);
  const api = clerkApi(config, clock);
  const decider = {
    store,
    clock,
    mode: config.mode,
    consequences: { ...config.consequences, ...parts.consequences },
  };
  const process = processDeliveries({ ...decider, log });
  const share = parts.sharing ? shareCommits(process) : null;
  const dispatcher: Dispatcher = {
    ...decider,
    ...api,
    log,
    chance: Math.random,
    knownInstance,
    concurrency: parts.concurrency,
  };
  const repeater: Repeater = {
    ...decider,
    replays: postgresReplayStore(parts.statements),
    webhooks,
    log,
    chance: Math.random,
  };
  const reconciler: Reconciler = {
    ...dispatcher,
    reconciliations: postgresReconciliationStore(parts.statements),
  };
  // Paused, the provider is called for nothing, not even for this.
  const checkOwnInstance = async () =>
    config.mode === 'paused' ? 'unknown' : checkInstance(dispatcher, knownInstance);
  const upkeep = postgresUpkeepStore(parts.statements);
  const keeper = {
    ...{ store, upkeep, clock, log, mode: config.mode },
    notedMode: parts.notedMode,
    retention: config.retention,
  };
  return {
    webhooks,
    process,
    keepUp: (untilMs, stopping) => runUpkeep(keeper, untilMs, stopping),
    reconcile: keepReconciled(reconciler, {
      everyMs: config.reconcileEveryMs,
      pollMs: parts.reconcilePollMs ?? null,
    }),
    replay: (untilMs, stopping) => runReplays(repeater, untilMs, stopping),
    closeFeed: feed.close,
    dispatch: (untilMs, stopping) => dispatchEffects(dispatcher, untilMs, stopping),
    services: {
      store: parts.sharing ? { ...store, readStanding: shareStandings(store.readStanding) } : store,
      listing: postgresListingStore(parts.statements),
      searches: postgresSearchStore(parts.statements),
      policies: postgresPolicyStore(parts.statements),
      operators: postgresOperatorStore(parts.statements),
      audit: postgresAuditStore(parts.statements),
      upkeep,
      console: postgresConsoleStore(parts.statements),
      feedStore,
      feed,
      webhooks,
      spill,
      clock,
      log,
      readTokens: config.readTokens,
      operatorTokens: config.operatorTokens,
      myStreams: openStreams(),
      sessionTokens: config.tokenRules === null ? null : sessionTokens(config.tokenRules),
      wrongOperators: parts.wrongOperators,
      mode: config.mode,
      consequences: decider.consequences,
      repeater,
      reconciler,
      status: {
        statuses: postgresStatusStore(parts.statements),
        mode: config.mode,
        budget: dispatcher.budget,
        reconcileEveryMs: config.reconcileEveryMs,
        checkInstance: checkOwnInstance,
      },
      dispatchSoon: () => parts.dispatchSoon(),
      replaySoon: () => parts.replaySoon(),
      reconcileSoon: () => parts.reconcileSoon(),
      checkInstance: checkOwnInstance,
      knownRestoring: () => knownRestoring(parts.knownRestore, clock, parts.restoreFreshMs),
      isRestoring: () => isRestoring({ store, clock }, parts.knownRestore),
      async process(delivery) {
        if (share !== null) return share(delivery);
        const [processed] = await process([delivery]);
        if (processed === undefined) throw new Error('a delivery was left without an answer');
        return processed;
      },
    },
  };
}

/** A store whose commits are told of at once to those who wait in this process. */
function tellingOf(store: Store, feed: Feed): Store {
  return {
    ...store,
    async commit(commit) {
      const committed = await store.commit(commit);
      if (committed !== 'moved' && committed.revision !== null) feed.nudge();
      return committed;
    },
  };
}
