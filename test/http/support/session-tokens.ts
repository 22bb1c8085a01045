import { createClerkStandIn, type TokenRequest } from '../../../src/testing/index.ts';
import { teller } from './policies.ts';
import { type Running, startRolecall } from './rolecall.ts';

export interface SessionScene {
  readonly rolecall: Running;
  readonly tell: ReturnType<typeof teller>;
  /** The origin of the app whose tokens are taken. */
  readonly origin: string;
  /** A session of the user in Acme, and tokens of it. Issued a little ago, for cutoffs to be after it. */
  signIn(user: string): Promise<{ readonly id: string; token(request?: Partial<TokenRequest>): string }>;
  /** `GET` with a session token. */
  get(path: string, token: string, headers?: Record<string, string>): Promise<Response>;
}

/** Rolecall that takes session tokens, with Ada (admin) and Bob (member) in Acme. */
export async function startSessionScene(environment: Record<string, string> = {}): Promise<SessionScene> {
  // Keys and claims of any stand-in fit: the one that the server asks makes its own on first use.
  const keys = createClerkStandIn({ autoSend: false });
  const rolecall = await startRolecall({
    environment: {
      CLERK_JWT_KEY: keys.jwtKeyPem.replaceAll('\n', '\\n'),
      CLERK_ISSUER: keys.issuer,
      ROLECALL_AUTHORIZED_PARTIES: `https://other.example ${keys.authorizedParty}`,
      ...environment,
    },
    standIn: { privateKeyPem: keys.privateKeyPem },
  });
  const tell = teller(rolecall);
  const { clerk } = rolecall;
  for (const id of ['user_ada', 'user_bob']) clerk.createUser({ id });
  for (const id of ['org_acme', 'org_other']) clerk.createOrganization({ id });
  clerk.addMember('org_acme', 'user_ada', 'org:admin');
  clerk.addMember('org_acme', 'user_bob', 'org:member');
  await tell();
  return {
    rolecall,
    tell,
    origin: keys.authorizedParty,
    async signIn(user) {
      const { id } = clerk.createSession(user, { organizationId: 'org_acme' });
      await tell();
      return { id, token: (request) => clerk.mintToken({ sessionId: id, ...request }) };
    },
    get: (path, token, headers = {}) =>
      fetch(`${rolecall.url}${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } }),
  };
}
