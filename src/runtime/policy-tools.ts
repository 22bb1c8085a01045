import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { DEFAULT_CONSEQUENCES } from '../domain/effects.ts';
import type { HoldTools } from '../pipeline/holds/decide-hold.ts';
import type { Conduct } from '../pipeline/ports.ts';
import type { ResolvedPolicy } from '../policy/resolved-policy.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { postgresPolicyStore } from '../store/postgres/policy-store.ts';
import { postgresReconciliationStore } from '../store/postgres/reconciliation-store.ts';
import { postgresStore } from '../store/postgres/store.ts';

/** Whom a policy would cut off is counted over all members: seconds where there are millions of them. */
const PATIENCE_MS = 120_000;

/** What it takes to look at policies and to activate them: the database, and nothing of the provider. */
export function policyTools(
  databaseUrl: string,
  conduct: Conduct = { mode: 'enforce', consequences: DEFAULT_CONSEQUENCES },
): HoldTools & { end(): Promise<void> } {
  const statements = postgresStatements(databaseUrl, { connections: 1, deadlineMs: PATIENCE_MS });
  return {
    ...conduct,
    store: postgresStore(statements, emptyMemory()),
    policies: postgresPolicyStore(statements),
    reconciler: { reconciliations: postgresReconciliationStore(statements) },
    clock: { now: () => Date.now() },
    end: () => statements.end(),
  };
}

/** SHA-256, hexadecimal: a resolved policy has one order, so the same policy has the same digest however it was written. */
export function policyDigest(policy: ResolvedPolicy): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(policy))));
}
