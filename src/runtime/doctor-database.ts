import { misfit } from '../http/health-routes.ts';
import { type Check, fail, skipped } from '../pipeline/doctor/check.ts';
import { checkDatabase } from '../pipeline/doctor/check-database.ts';
import {
  type ActivePolicy,
  checkOperation,
  checkPolicy,
  checkSchemaVersion,
} from '../pipeline/doctor/check-operation.ts';
import { isLoopback } from '../pipeline/doctor/check-provider.ts';
import { checkRowSecurity } from '../pipeline/doctor/check-row-security.ts';
import { readStatus } from '../pipeline/operators/status.ts';
import { type PolicyStore, StoreRejected, StoreUnavailable, Unreachable } from '../pipeline/ports.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { databaseUrlProblem } from '../store/postgres/database-url.ts';
import { postgresInspector } from '../store/postgres/inspector.ts';
import { emptyMemory } from '../store/postgres/memory.ts';
import { postgresOperatorStore } from '../store/postgres/operator-store.ts';
import { postgresPolicyStore } from '../store/postgres/policy-store.ts';
import { postgresStatusStore } from '../store/postgres/status-store.ts';
import { postgresStore } from '../store/postgres/store.ts';
import type { Config } from './config.ts';

/** Looks at the database, and lends it to the checks that need more of it; without one they are skipped. */
export async function openDatabase(databaseUrl: string | null) {
  if (databaseUrl === null || !URL.canParse(databaseUrl) || databaseUrlProblem(databaseUrl) !== null) {
    const text = databaseUrl === null ? 'DATABASE_URL is not set.' : 'DATABASE_URL is no URL.';
    const mend =
      'Set it to the database of the deployment, as its worker’s login: postgres://rolecall_worker:…@host/name.';
    return {
      checks: [
        databaseUrl === null
          ? skipped('database_reachable', text, mend)
          : fail('database_reachable', text, mend),
      ],
      checkUse: async () => [],
      pinned: async () => undefined,
      hasDelivery: async () => null,
      end: async () => undefined,
    };
  }
  const inspector = postgresInspector(databaseUrl, Date.now);
  const statements = postgresStatements(databaseUrl, { connections: 1 });
  const statuses = postgresStatusStore(statements);
  const checks: Check[] = [];
  try {
    const seen = await inspector.database();
    checks.push(...checkDatabase(seen, isLoopback(new URL(databaseUrl).hostname)), ...checkRowSecurity(seen));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    const mend = 'Check DATABASE_URL, the network between, and that the server lets this login in.';
    checks.push(fail('database_reachable', `The database cannot be used: ${error.message}.`, mend));
  }
  // Without the schema, or the right to use it, there is nothing of ours to read.
  let usable = ['database_reachable', 'database_version', 'schema', 'database_role'].every(
    (code) => checks.find((check) => check.code === code)?.status !== 'fail',
  );
  return {
    checks,
    async checkUse(roles: readonly string[] | null, config: Config | null): Promise<readonly Check[]> {
      if (!usable) return USE.map((code) => skipped(code, 'The database has to be mended first.'));
      const mode = config?.mode ?? null;
      try {
        const [readiness, policy, status] = await Promise.all([
          postgresStore(statements, emptyMemory()).readReadiness(),
          readActivePolicy(postgresPolicyStore(statements)),
          readStatus({
            statuses,
            mode,
            budget: null,
            reconcileEveryMs: config?.reconcileEveryMs ?? null,
            checkInstance: async () => 'unknown',
          }),
        ]);
        return [
          checkSchemaVersion(misfit(readiness)),
          ...checkPolicy(policy, roles),
          ...checkOperation(status, mode),
        ];
      } catch (error) {
        usable = false;
        return [schemaRefused(error)];
      }
    },
    pinned: async () => (usable ? (await statuses.readStatus()).instance : undefined),
    hasDelivery: async (id: string) =>
      usable ? (await postgresOperatorStore(statements).readDelivery(id)) !== null : null,
    async end() {
      await Promise.all([inspector.end(), statements.end()]);
    },
  };
}

/** What is read by our own functions. */
const USE = ['schema_version', 'policy', 'policy_roles', 'status', 'worker_alive', 'mode', 'findings'];

function schemaRefused(error: unknown): Check {
  if (!(error instanceof StoreRejected || error instanceof StoreUnavailable)) throw error;
  return fail(
    'schema_version',
    `What Rolecall keeps cannot be read: ${error.message}.`,
    'Run rolecall migrate: it gives rolecall_service its rights, where they were not taken away afterwards.',
  );
}

async function readActivePolicy(
  policies: Pick<PolicyStore, 'readActivePolicy'>,
): Promise<ActivePolicy | null | undefined> {
  try {
    return await policies.readActivePolicy();
  } catch (error) {
    // A document of another shape, and nothing that the database refused.
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}
