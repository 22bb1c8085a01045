import {
  createGuard,
  type Denied,
  type Guard,
  type GuardOptions,
  type Wanted,
} from '../../../src/sdk/guard/index.ts';
import { createClient } from '../../../src/sdk/index.ts';
import { type ClerkStandIn, createClerkStandIn, type TokenRequest } from '../../../src/testing/index.ts';
import { type FakeRolecall, fakeRolecall, TOKEN } from './fake-rolecall.ts';

export const READ = 'org:invoices:read';
export const WRITE = 'org:invoices:write';

export interface Scene {
  readonly clerk: ClerkStandIn;
  readonly rolecall: FakeRolecall;
  readonly sessionId: string;
  guard(options?: Partial<GuardOptions<string>>): Guard;
  /** Of Ada, in Acme, where she may read invoices. */
  token(request?: Partial<TokenRequest>): string;
  stop(): Promise<void>;
}

/** Ada is in Acme and may read its invoices, says a fake Rolecall; her tokens are a real instance's, as far as one can tell. */
export async function startScene(): Promise<Scene> {
  const clerk = createClerkStandIn({ autoSend: false });
  clerk.createUser({ id: 'user_ada' });
  clerk.createOrganization({ id: 'org_acme' });
  clerk.addMember('org_acme', 'user_ada', 'org:member');
  const { id: sessionId } = clerk.createSession('user_ada', { organizationId: 'org_acme' });
  const rolecall = await fakeRolecall();
  rolecall.may.add(`user_ada org_acme ${READ}`);
  return {
    clerk,
    rolecall,
    sessionId,
    guard: (options) => createGuard({ ...settingsFor(clerk), client: clientOf(rolecall), ...options }),
    token: (request) => clerk.mintToken({ sessionId, ...request }),
    async stop() {
      clerk.close();
      await rolecall.stop();
    },
  };
}

export function settingsFor(clerk: ClerkStandIn) {
  const { jwtKeyPem: jwtKey, issuer, authorizedParty } = clerk;
  return { jwtKey, issuer, authorizedParties: [authorizedParty] };
}

export function clientOf({ url }: FakeRolecall) {
  return createClient({ url, token: TOKEN });
}

export function withBearer(token: string, init: RequestInit = {}): Request {
  return new Request('https://app.example/invoices', {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  });
}

export function withCookie(cookie: string): Request {
  return new Request('https://app.example/invoices', { headers: { cookie } });
}

/** Why the request was denied; `allowed` if it was not. */
export async function outcome(
  guard: Guard,
  request: Request,
  wanted: Wanted = { permission: READ, organization: 'org_acme' },
): Promise<[Denied['status'], Denied['code'], string] | 'allowed'> {
  const authorization = await guard.authorize(request, wanted);
  if (authorization.allowed) return 'allowed';
  return [authorization.status, authorization.code, authorization.reason];
}
