// What the journeys share: a whole Rolecall with its Clerk, and the product's own server in front of it.
import { createClerkClient } from '@clerk/backend';
import { serve } from '@hono/node-server';
import { type Client, createClient } from 'rolecall';
import { createGuard, type Guard } from 'rolecall/guard';
import type { PermissionOf } from 'rolecall/policy';
import { type ClerkStandIn, type Metadata, startTestRolecall, type TestRolecall } from 'rolecall/testing';

/** A member, signed in to the organization. */
export interface Person {
  readonly id: string;
  readonly organization: string;
  readonly session: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Journey {
  readonly rolecall: TestRolecall;
  readonly clerk: ClerkStandIn;
  /** Something changes at Clerk; over when its webhooks were taken and what they made Rolecall owe is done. */
  happens<Result>(change: (clerk: ClerkStandIn) => Result): Promise<Result>;
  /** A new user, `user_<name>`, becomes a member and signs in. */
  join(organization: string, name: string, role: string, metadata?: Metadata): Promise<Person>;
  /** A new session, as after having been signed out. */
  signIn(member: Omit<Person, 'session'>): Promise<Person>;
  isSignedIn(person: Person): boolean;
  /** A session token of this moment. @throws when Clerk gives none any more. */
  token(person: Person): string;
  /** Asks the product's server: `ask(token, 'POST /agents')`. The token may be an API key. */
  ask(token: string, request: string): Promise<Answer>;
  /** Asks Rolecall's own HTTP interface, as the product's server may. */
  read(path: string): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * Starts the worker in workerd, a Postgres, a Clerk, and the product's server.
 * @param app makes the server, anything that has a `fetch`, out of what tells it who may do what.
 */
export async function startJourney<Policy extends object>(
  policy: Policy,
  app: (
    guard: Guard<PermissionOf<Policy>>,
    client: Client<PermissionOf<Policy>>,
  ) => { readonly fetch: (request: Request) => Response | Promise<Response> },
): Promise<Journey> {
  const clock = turns();
  const rolecall = await startTestRolecall({ policy, runtime: 'workerd', now: clock.now });
  const { clerk, clerkUrl, url, tokens } = rolecall;
  const client = createClient<Policy>({ url, token: tokens.read, timeoutMs: 10_000 });
  const { apiKeys } = createClerkClient({
    secretKey: clerk.secretKey,
    apiUrl: clerkUrl,
    telemetry: { disabled: true },
  });
  const { jwtKeyPem: jwtKey, issuer, authorizedParty } = clerk;
  const settings = { jwtKey, issuer, authorizedParties: [authorizedParty], now: clock.now };
  const product = await listen(app(createGuard({ client, apiKeys, ...settings }), client).fetch);

  const happens: Journey['happens'] = async (change) => {
    clock.next('change');
    const result = change(clerk);
    await rolecall.settled();
    return result;
  };
  return {
    rolecall,
    clerk,
    happens,
    join: (organization, name, role, metadata = {}) =>
      happens(() => {
        const { id } = clerk.createUser({ id: `user_${name}` });
        clerk.addMember(organization, id, role, { publicMetadata: metadata });
        const session = clerk.createSession(id, { organizationId: organization });
        return { id, organization, session: session.id };
      }),
    signIn: ({ id, organization }) =>
      happens(() => {
        const session = clerk.createSession(id, { organizationId: organization });
        return { id, organization, session: session.id };
      }),
    isSignedIn: ({ session }) => clerk.state.sessions.get(session)?.status === 'active',
    token({ session }) {
      clock.next('token');
      return clerk.mintToken({ sessionId: session });
    },
    ask(token, request) {
      const [method = '', path = ''] = request.split(' ');
      return answerOf(`${product.url}${path}`, token, method);
    },
    read: (path) => answerOf(`${url}${path}`, tokens.read),
    async stop() {
      await product.stop();
      await rolecall.stop();
    },
  };
}

/**
 * Clerk's clock. A token tells its time in whole seconds only, so changes and tokens take turns by the second: every
 * token is clearly older or younger than every change, and no test has to wait for it.
 */
function turns() {
  let ahead = 0;
  let turn = '';
  const now = () => Date.now() + ahead;
  return {
    now,
    next(what: 'change' | 'token') {
      if (what !== turn) ahead += 1_000 - (now() % 1_000);
      turn = what;
    },
  };
}

async function answerOf(url: string, token: string, method = 'GET'): Promise<Answer> {
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: await response.json() };
}

async function listen(fetch: (request: Request) => Response | Promise<Response>) {
  return new Promise<{ url: string; stop: () => Promise<void> }>((resolve) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve({
        url: `http://127.0.0.1:${port}`,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped());
          }),
      }),
    );
  });
}
