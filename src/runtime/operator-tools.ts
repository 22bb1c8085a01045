import type { StatusReader } from '../pipeline/operators/status.ts';
import type { Conduct, Log, OperatorStore } from '../pipeline/ports.ts';
import type { Repeater } from '../pipeline/replay/repeater.ts';
import { clerkWebhooks } from '../provider/clerk/webhooks.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { postgresOperatorStore } from '../store/postgres/operator-store.ts';
import { postgresReplayStore } from '../store/postgres/replay-store.ts';
import { postgresStatusStore } from '../store/postgres/status-store.ts';
import { postgresStore } from '../store/postgres/store.ts';
import { postgresUpkeepStore } from '../store/postgres/upkeep-store.ts';

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What it takes to see and to repair: the database, and nothing of the provider. What is owed to it a server carries out. */
export function operatorTools(databaseUrl: string, conduct: Conduct, reconcileEveryMs: number | null) {
  const statements = postgresStatements(databaseUrl, { connections: 1 });
  const operators: OperatorStore = postgresOperatorStore(statements);
  const repeater: Repeater & { readonly sleep: (ms: number) => Promise<void> } = {
    store: postgresStore(statements, emptyMemory()),
    replays: postgresReplayStore(statements),
    // Nothing is verified here: what the inbox holds has been.
    webhooks: clerkWebhooks([]),
    clock: { now: () => Date.now() },
    ...conduct,
    log: silent,
    chance: Math.random,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  const upkeep = postgresUpkeepStore(statements);
  const status: StatusReader = {
    statuses: postgresStatusStore(statements),
    mode: null,
    budget: null,
    reconcileEveryMs,
    checkInstance: async () => 'unknown',
  };
  return { operators, repeater, upkeep, status, end: () => statements.end() };
}
