import { unknownInstance } from '../pipeline/instance-check.ts';
import type { Conduct, Log } from '../pipeline/ports.ts';
import type { Reconciler } from '../pipeline/reconcile/reconciler.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { postgresReconciliationStore } from '../store/postgres/reconciliation-store.ts';
import { postgresStore } from '../store/postgres/store.ts';
import type { ClerkAccess } from './clerk-access.ts';
import { clerkApi } from './clerk-api.ts';

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: () => Date.now() };

/** What is missing is counted over all members where more than a few are: seconds where there are millions of them. */
const PATIENCE_MS = 120_000;

/** What it takes to compare the database with Clerk. What is owed because of it a server carries out. */
export function reconcileTools(databaseUrl: string, access: ClerkAccess, conduct: Conduct) {
  const statements = postgresStatements(databaseUrl, { connections: 1, deadlineMs: PATIENCE_MS });
  const reconciler: Reconciler & { readonly sleep: (ms: number) => Promise<void> } = {
    ...clerkApi(access, clock),
    store: postgresStore(statements, emptyMemory()),
    reconciliations: postgresReconciliationStore(statements),
    clock,
    ...conduct,
    knownInstance: unknownInstance(),
    log: silent,
    chance: Math.random,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  return { reconciler, end: () => statements.end() };
}
