import { ORGANIZATION } from '../../domain/compiled-policy.ts';
import { EVERY, type Scope } from '../../domain/grant.ts';
import type { DenialReason } from '../../domain/question.ts';
import { isIncomplete, type TokenTimes } from '../client/question.ts';
import { type Copy, type Holding, memberKey, rolesIn } from './copy.ts';
import { ASSIGNED, OUTRIGHT, OWN } from './grant-table.ts';
import { heldBy } from './held-by.ts';

/** What a question is about, besides organization and permission. */
export interface About {
  /** Who owns the row in question: for permissions that are held for one's own only. None owns it: leave it out. */
  readonly owner?: string | null | undefined;
  /** Who is assigned to it: for permissions that are held where one is assigned only. */
  readonly assignees?: readonly string[] | undefined;
  /** The resource inside the organization; the whole organization when left out. Given but undefined: refused. */
  readonly scope?: Scope | undefined;
  /** The session token that it came with: cutoffs count then. Given but undefined: refused. */
  readonly token?: TokenTimes | undefined;
}

/** An agent by itself, or for a user. */
export interface AgentSubject {
  readonly agent: string;
  readonly actingFor?: string | undefined;
}

/** As the server: how far a token's time may lie ahead, the provider's clock being another one. */
const CLOCKS_DIFFER_S = 60;
/** Guards accept no token that lives longer; cutoffs that are older than any of them are not in a copy. */
const LONGEST_LIFE_S = 300 + CLOCKS_DIFFER_S;

/** A question without any of that. */
export const NOTHING_ELSE: About = {};

/** One question, and the time at which it is asked, milliseconds. */
export interface Asked {
  readonly subject: string | AgentSubject;
  readonly organization: string;
  readonly permission: string;
  readonly about: About;
  readonly now: number;
}

/**
 * The rules of the server's `decideAccess`, on the copy: null where it is allowed. Where the server says `contested`, this
 * says `missing_permission`: a copy only knows that nothing is held.
 */
export function reasonAgainst(copy: Copy, asked: Asked): DenialReason | null {
  const { subject, about } = asked;
  if (about !== NOTHING_ELSE && isIncomplete(about)) return 'missing_permission';
  if (typeof subject === 'string') return userReason(copy, asked, subject, null);

  const { agent, actingFor } = subject;
  const tools = copy.organizations.get(asked.organization)?.agents?.get(agent);
  if (tools === undefined) return 'not_an_agent';
  const listed = tools.has(asked.permission);
  if (!('actingFor' in subject)) {
    // A session token is a user's: whose it is, and whether it was cut off, nobody could say here.
    if (about.token !== undefined) return 'invalid_token';
    return listed && placeOf(asked) === null ? null : 'missing_permission';
  }
  return userReason(copy, asked, actingFor ?? '', agent) ?? (listed ? null : 'missing_permission');
}

/** @param agent the one that acts for the user; null for nobody. */
function userReason(copy: Copy, asked: Asked, user: string, agent: string | null): DenialReason | null {
  const { organization, about, permission } = asked;
  const holding = copy.members.get(organization)?.get(user);
  if (holding === undefined) return 'not_a_member';
  if (copy.gone.size > 0) {
    const gone = copy.gone.get(user);
    if (gone !== undefined) return gone === 'suspended' ? gone : 'not_a_member';
  }
  if (about.token !== undefined) {
    const against = tokenReason(copy, asked, about.token, user, holding);
    if (against !== null) return against;
  }
  const place = placeOf(asked);
  if (place?.id === EVERY) return 'missing_permission';
  const bits = heldBy(copy, organization, holding, permission, place);
  return meets(bits, about, user, agent) ? null : 'missing_permission';
}

function meets(bits: number, { owner, assignees = [] }: About, user: string, agent: string | null): boolean {
  if ((bits & OUTRIGHT) !== 0) return true;
  const isOne = (id: string): boolean => id === user || (agent !== null && id === agent);
  if ((bits & OWN) !== 0 && owner != null && isOne(owner)) return true;
  return (bits & ASSIGNED) !== 0 && assignees.some(isOne);
}

/** The organization is also a scope: the one that every question has. */
function placeOf({ organization, about: { scope } }: Asked): Scope | null {
  if (scope === undefined) return null;
  return scope.type === ORGANIZATION && scope.id === organization ? null : scope;
}

function tokenReason(
  copy: Copy,
  asked: Asked,
  { sessionId, issuedAt }: TokenTimes,
  user: string,
  holding: Holding,
): DenialReason | null {
  const now = asked.now / 1_000;
  if (typeof sessionId !== 'string' || sessionId === '') return 'invalid_token';
  // Nor is what is no number.
  if (!(issuedAt <= now + CLOCKS_DIFFER_S)) return 'invalid_token';
  if (issuedAt < now - LONGEST_LIFE_S) return 'token_cut_off';
  if (copy.endedSessions.of(sessionId) > 0) return 'token_cut_off';
  const cutoff = Math.max(
    copy.organizations.get(asked.organization)?.cutoff ?? 0,
    copy.userCutoffs.of(user),
    copy.memberCutoffs.of(memberKey(asked.organization, user)),
    ...rolesIn(holding).map((role) => role.cutoff),
  );
  // Tokens tell their time in whole seconds: those of the cutoff's own second may be from before it.
  return cutoff > 0 && Math.floor(issuedAt) <= Math.floor(cutoff / 1_000) ? 'token_cut_off' : null;
}
