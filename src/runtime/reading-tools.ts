import type { Store } from '../pipeline/ports.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { postgresStore } from '../store/postgres/store.ts';

export interface ReadingTools {
  readonly store: Pick<Store, 'readStanding'>;
  end(): Promise<void>;
}

/** What it takes to ask what holds: the database, and nothing of the provider. */
export function readingTools(databaseUrl: string): ReadingTools {
  const statements = postgresStatements(databaseUrl, { connections: 1 });
  return { store: postgresStore(statements, emptyMemory()), end: () => statements.end() };
}
