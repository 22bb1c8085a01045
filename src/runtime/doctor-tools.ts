import { misfit } from '../http/health-routes.ts';
import { type Check, fail, skipped } from '../pipeline/doctor/check.ts';
import { checkDatabase } from '../pipeline/doctor/check-database.ts';
import { checkEndpoint } from '../pipeline/doctor/check-endpoint.ts';
import { checkEnvironment } from '../pipeline/doctor/check-environment.ts';
import {
  type ActivePolicy,
  checkOperation,
  checkPolicy,
  checkSchemaVersion,
} from '../pipeline/doctor/check-operation.ts';
import { checkProvider, isLoopback } from '../pipeline/doctor/check-provider.ts';
import { checkRowSecurity } from '../pipeline/doctor/check-row-security.ts';
import { readStatus } from '../pipeline/operators/status.ts';
import { type ProviderInspection, StoreRejected, StoreUnavailable, Unreachable } from '../pipeline/ports.ts';
import { inspectClerk } from '../provider/clerk/inspect.ts';
import { publicKeyIn } from '../sdk/guard/settings.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { postgresInspector } from '../store/postgres/inspector.ts';
import { postgresOperatorStore } from '../store/postgres/operator-store.ts';
import { postgresPolicyStore } from '../store/postgres/policy-store.ts';
import { postgresStatusStore } from '../store/postgres/status-store.ts';
import { postgresStore } from '../store/postgres/store.ts';
import { type Config, type Environment, readConfig } from './config.ts';
import { deployment, PATIENCE_MS } from './deployment.ts';

const clock = { now: () => Date.now() };

/**
 * Looks at everything that a deployment can have wrong, and goes on where something cannot be looked at.
 * @param url of the deployment; null leaves it out.
 */
export async function examine(env: Environment, url: string | null): Promise<readonly Check[]> {
  const given = readGiven(env);
  const modulus = await modulusOf(given.jwtKey);
  const [database, provider] = await Promise.all([openDatabase(given.databaseUrl), askClerk(given)]);
  try {
    const roles = provider !== null && 'roles' in provider ? provider.roles : null;
    return [
      ...checkEnvironment({
        problems: given.problems,
        signingSecrets: given.signingSecrets.length,
        tokens: given.tokens,
        sessionTokens: given.config?.tokenRules ?? null,
        jwtKeyReadable: given.jwtKey === null ? null : modulus !== null,
      }),
      ...database.checks,
      ...(await database.checkUse(roles, given.config)),
      ...clerkChecks(given, provider, await database.pinned(), modulus),
      ...(await checkDeployment(url, given, database.hasDelivery)),
    ];
  } finally {
    await database.end();
  }
}

/** Everything of the environment that can be used, whatever else is wrong with it. */
function readGiven(env: Environment) {
  const read = readConfig(env);
  const problems = 'problems' in read ? read.problems : [];
  const sound = (name: string): string | null => {
    const value = env[name];
    if (typeof value !== 'string' || value.trim() === '') return null;
    return problems.some((problem) => problem.startsWith(`${name} `)) ? null : value.trim();
  };
  const config = 'config' in read ? read.config : null;
  return {
    problems,
    config,
    databaseUrl: sound('DATABASE_URL'),
    signingSecrets: sound('CLERK_WEBHOOK_SIGNING_SECRET')?.split(/\s+/) ?? [],
    secretKey: sound('CLERK_SECRET_KEY'),
    apiUrl: sound('CLERK_API_URL') ?? undefined,
    jwtKey: sound('CLERK_JWT_KEY'),
    tokens:
      config === null
        ? null
        : [
            ...config.readTokens.map(({ name, secret }) => ({ of: `ROLECALL_READ_TOKEN, ${name}`, secret })),
            ...config.operatorTokens.map(({ name, secret }) => ({
              of: `ROLECALL_OPERATOR_TOKEN, ${name}`,
              secret,
            })),
          ],
  };
}

type Given = ReturnType<typeof readGiven>;

async function openDatabase(databaseUrl: string | null) {
  if (databaseUrl === null || !URL.canParse(databaseUrl)) {
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
  const inspector = postgresInspector(databaseUrl, clock.now);
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
          postgresStore(statements, { seen: null }).readReadiness(),
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
  policies: Pick<ReturnType<typeof postgresPolicyStore>, 'readActivePolicy'>,
): Promise<ActivePolicy | null | undefined> {
  try {
    return await policies.readActivePolicy();
  } catch (error) {
    // A document of another shape, and nothing that the database refused.
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}

type AskedClerk = ProviderInspection | { readonly unreachable: string } | null;

async function askClerk({ secretKey, apiUrl }: Given): Promise<AskedClerk> {
  if (secretKey === null) return null;
  try {
    return await inspectClerk({ secretKey, apiUrl, timeoutMs: PATIENCE_MS, clock });
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { unreachable: error.message };
  }
}

function clerkChecks(
  { secretKey, apiUrl }: Given,
  asked: AskedClerk,
  pinned: string | null | undefined,
  modulus: string | null,
): readonly Check[] {
  if (secretKey === null || asked === null) {
    return [skipped('clerk_key', 'There is no secret key that can be read.', 'Set CLERK_SECRET_KEY.')];
  }
  const keyKind = secretKey.startsWith('sk_live_') ? 'live' : 'test';
  return checkProvider(asked, { apiUrl, keyKind, pinned, modulus });
}

async function checkDeployment(
  url: string | null,
  { signingSecrets, config }: Given,
  hasDelivery: (id: string) => Promise<boolean | null>,
): Promise<readonly Check[]> {
  if (url === null) {
    return [skipped('endpoint_url', 'No deployment was named.', 'rolecall doctor --url https://…')];
  }
  const random = crypto.getRandomValues(new Uint8Array(32));
  return checkEndpoint(deployment(url, clock.now), {
    signingSecrets,
    wrongSecret: `whsec_${btoa(String.fromCharCode(...random))}`,
    operatorToken: config?.operatorTokens[0]?.secret ?? null,
    isLoopback: isLoopback(new URL(url).hostname),
    now: clock.now,
    newId: () => `msg_doctor_${crypto.randomUUID().replaceAll('-', '')}`,
    hasDelivery,
  });
}

/** What tells one RSA key from another; null where it is none. */
async function modulusOf(jwtKey: string | null): Promise<string | null> {
  const pem = publicKeyIn(jwtKey ?? '');
  if (pem === null) return null;
  const der = Uint8Array.from(atob(pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')), (char) =>
    char.charCodeAt(0),
  );
  try {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('spki', der, algorithm, true, ['verify']);
    return (await crypto.subtle.exportKey('jwk', key)).n ?? null;
  } catch {
    return null;
  }
}
