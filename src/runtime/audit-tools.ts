import { postgresAuditStore } from '../store/postgres/audit-store.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { postgresListingStore } from '../store/postgres/listing-store.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { postgresPolicyStore } from '../store/postgres/policy-store.ts';
import { postgresStore } from '../store/postgres/store.ts';

/** What it takes to tell who has what, since when and why: the database, and nothing of the provider. */
export function auditTools(databaseUrl: string) {
  const statements = postgresStatements(databaseUrl, { connections: 1 });
  return {
    audit: postgresAuditStore(statements),
    listing: postgresListingStore(statements),
    policies: postgresPolicyStore(statements),
    store: postgresStore(statements, emptyMemory()),
    clock: { now: () => Date.now() },
    end: () => statements.end(),
  };
}
