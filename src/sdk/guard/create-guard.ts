import type { Client } from '../client/create-client.ts';
import type { Decision } from '../client/decision.ts';
import { isIncomplete, type Question } from '../client/question.ts';
import { type ApiKeys, readApiKey } from './api-key.ts';
import {
  type Authorization,
  type Caller,
  type Denied,
  forbidden,
  type Identity,
  unauthenticated,
  unavailable,
  type Wanted,
} from './authorization.ts';
import { credentialOf, type HeaderSource } from './credential.ts';
import { deniedResponse } from './denied-response.ts';
import { readSessionToken } from './session-token.ts';
import { type GuardSettings, readSettings } from './settings.ts';

export interface GuardOptions<Permission extends string> extends GuardSettings {
  /**
   * `createClient(…)`: who may what, and which tokens were cut off, is asked for every request. Or its `snapshot()`, which
   * is asked at once and knows how late it is.
   */
  readonly client: Pick<Client<Permission>, 'check'>;
  /** Takes Clerk's API keys (`ak_…`) too: `createClerkClient({ secretKey }).apiKeys`. */
  readonly apiKeys?: ApiKeys;
  /** The app's own answer to a denied request, or its redirect. */
  readonly onDenied?: OnDenied;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** @param request null where there is none, as in a page of Next.js. */
export type OnDenied = (denied: Denied, request: Request | null) => Response | Promise<Response>;

export interface Guard<Permission extends string = string> {
  /**
   * Whether the request may do what it wants to. Only `allowed: true` lets it pass, and holds who it is.
   * @param wanted or what gives it once it is known who calls, so that strangers make nobody look rows up.
   * @throws only what `wanted` throws, and Error when the `jwtKey` is none.
   */
  authorize(
    request: { readonly headers: HeaderSource },
    wanted: Wanted<Permission> | ((caller: Caller) => Wanted<Permission> | Promise<Wanted<Permission>>),
  ): Promise<Authorization>;
  /** What a denied request is answered: by `onDenied`, else as JSON. */
  respond(denied: Denied, request: Request | null): Promise<Response>;
}

/**
 * Guards an app's requests. A token or key only proves who calls; what they may is Rolecall's to say, now.
 * @throws Error naming every setting that is missing or malformed, and never a value.
 */
export function createGuard<Permission extends string>(options: GuardOptions<Permission>): Guard<Permission> {
  const { client, apiKeys, onDenied, now = Date.now } = options;
  const settings = readSettings(options);

  const authenticate = async (headers: HeaderSource): Promise<Caller | Denied> => {
    const credential = credentialOf(headers, settings.cookieName);
    if (typeof credential === 'string') return unauthenticated(credential);
    if (credential.kind === 'api_key') return readApiKey(credential.secret, apiKeys, now());
    const caller = await readSessionToken(credential.token, settings, now());
    return typeof caller === 'string' ? unauthenticated(caller) : caller;
  };

  return {
    async authorize({ headers }, wanted) {
      const caller = await authenticate(headers);
      if ('allowed' in caller) return caller;
      const needed = typeof wanted === 'function' ? await wanted(caller) : wanted;
      const identity = placed(caller, needed);
      return 'allowed' in identity ? identity : decide(client, identity, needed);
    },
    respond: async (denied, request) => onDenied?.(denied, request) ?? deniedResponse(denied),
  };
}

/** In the organization that is asked about, which is the token's own or none. */
function placed(caller: Caller, wanted: Wanted): Identity | Denied {
  if (isIncomplete(wanted)) return forbidden(wanted.permission, 'incomplete_question');
  const asked = wanted.organization;
  // A user's key belongs to no organization, and is good in all of its user's.
  const anywhere = caller.via === 'api_key' && caller.organization === null;
  const organization = asked ?? caller.organization;
  if (organization === null) return forbidden(wanted.permission, 'no_organization');
  if (!anywhere && organization !== caller.organization) {
    return forbidden(wanted.permission, 'other_organization');
  }
  return { ...caller, organization };
}

async function decide<Permission extends string>(
  client: Pick<Client<Permission>, 'check'>,
  identity: Identity,
  wanted: Wanted<Permission>,
): Promise<Authorization> {
  const questions = questionsOf(identity, wanted);
  if (questions.length === 0) return forbidden(wanted.permission, 'no_creator');
  let decisions: Decision[];
  try {
    decisions = await Promise.all(questions.map((question) => client.check(question)));
  } catch (error) {
    return unavailable('rolecall', error);
  }
  for (const decision of decisions) {
    if (!decision.allowed) return deniedFor(decision.reason, wanted.permission);
  }
  return { allowed: true, identity };
}

/** What is wrong with the token is cured by another one; what is wrong with the member is not. */
function deniedFor(reason: string, permission: string): Denied {
  if (reason === 'token_cut_off') return { allowed: false, status: 401, code: reason, reason };
  return reason === 'invalid_token' ? unauthenticated(reason) : forbidden(permission, reason);
}

/** About the user, and for a key about its creator too: it must not outlive either's right to have it. */
function questionsOf<Permission extends string>(
  identity: Identity,
  wanted: Wanted<Permission>,
): Question<Permission>[] {
  const about = { ...wanted, organization: identity.organization };
  if (identity.via === 'session') {
    const token = { sessionId: identity.session, issuedAt: identity.issuedAt };
    return [{ ...about, user: identity.user, token }];
  }
  const users = new Set([identity.user, identity.createdBy]);
  return [...users].filter((user) => user !== null).map((user) => ({ ...about, user }));
}
