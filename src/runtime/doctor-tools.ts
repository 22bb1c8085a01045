import { type Check, skipped } from '../pipeline/doctor/check.ts';
import { checkEndpoint } from '../pipeline/doctor/check-endpoint.ts';
import { checkEnvironment } from '../pipeline/doctor/check-environment.ts';
import { checkProvider, isLoopback } from '../pipeline/doctor/check-provider.ts';
import { type ProviderInspection, Unreachable } from '../pipeline/ports.ts';
import { inspectClerk } from '../provider/clerk/inspect.ts';
import { publicKeyIn } from '../sdk/guard/settings.ts';
import { type Environment, readConfig } from './config.ts';
import { deployment, PATIENCE_MS } from './deployment.ts';
import { openDatabase } from './doctor-database.ts';

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
