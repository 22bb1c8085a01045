import { ORGANIZATION } from './compiled-policy.ts';
import { EVERY, type Grant, type Scope } from './grant.ts';
import type { UserId } from './ids.ts';
import type { AccessDecision, DenialReason, PresentedToken, Question } from './question.ts';

/** What is known of those a question is about; undefined for whoever was never heard of. */
export interface Known {
  /** Types of the resources that carry roles of their own. */
  readonly scopes: readonly string[];
  /** The user who asks, or for whom the agent acts. */
  readonly member: KnownMember | undefined;
  readonly agent: { readonly permissions: readonly string[] } | undefined;
  /** The session of the presented token. */
  readonly session: { readonly userId: UserId; readonly ended: boolean } | undefined;
}

export interface KnownMember {
  readonly member: boolean;
  readonly suspended: boolean;
  readonly contested: boolean;
  readonly grants: readonly Grant[];
  /** The latest cutoff that concerns this member, milliseconds. */
  readonly cutoff: number | null;
}

/** How far a token's time may lie ahead of our clock: the provider's clock is another one. */
const CLOCKS_DIFFER_MS = 60_000;

const ALLOWED: AccessDecision = { allowed: true };

/** Answers from what is held now, and from nothing that the asker says about it. */
export function decideAccess(question: Question, known: Known, now: number): AccessDecision {
  const reason = reasonAgainst(question, known, now);
  return reason === null ? ALLOWED : { allowed: false, reason };
}

function reasonAgainst(question: Question, known: Known, now: number): DenialReason | null {
  const { subject, token } = question;
  if (subject.type === 'user') {
    const { userId } = subject;
    return memberReason(question, known, now, userId) ?? grantReason(question, known, [userId]);
  }
  if (known.agent === undefined) return 'not_an_agent';
  const listed = known.agent.permissions.includes(question.permission);
  if (subject.actingFor === null) {
    // A session token is a user's: whose it is, and whether it was cut off, nobody could say here.
    if (token !== null) return 'invalid_token';
    // A list of tools names no places: alone, it holds in the organization itself.
    return listed && placeOf(question, known) === null ? null : 'missing_permission';
  }
  const against = memberReason(question, known, now, subject.actingFor);
  if (against !== null) return against;
  if (!listed) return 'missing_permission';
  return grantReason(question, known, [subject.agentId, subject.actingFor]);
}

function memberReason(
  { token }: Question,
  { member, session }: Known,
  now: number,
  userId: UserId,
): DenialReason | null {
  if (member === undefined || !member.member) return 'not_a_member';
  if (member.suspended) return 'suspended';
  if (member.contested) return 'contested';
  if (token === null) return null;
  if (token === 'unreadable') return 'invalid_token';
  if (token.issuedAt > now + CLOCKS_DIFFER_MS) return 'invalid_token';
  if (session !== undefined && session.userId !== userId) return 'invalid_token';
  return session?.ended === true || isCutOff(token, member.cutoff) ? 'token_cut_off' : null;
}

/** Tokens tell their time in whole seconds: those of the cutoff's own second may be from before it. */
export function isCutOff({ issuedAt }: Pick<PresentedToken, 'issuedAt'>, cutoff: number | null): boolean {
  return cutoff !== null && Math.floor(issuedAt / 1_000) <= Math.floor(cutoff / 1_000);
}

/** @param subjects all ids under which the subject may own something or be assigned to it. */
function grantReason(question: Question, known: Known, subjects: readonly string[]): DenialReason | null {
  const { permission, ownerId, assignees } = question;
  const place = placeOf(question, known);
  const meets = (only: Grant['only']): boolean => {
    if (only === null) return true;
    return only === 'own'
      ? ownerId !== null && subjects.includes(ownerId)
      : assignees.some((id) => subjects.includes(id));
  };
  const held = known.member?.grants.some(
    (grant) => grant.permission === permission && reaches(grant.scope, place) && meets(grant.only),
  );
  return held === true ? null : 'missing_permission';
}

/** Where in the organization it is asked about; null for the organization itself, also as the scope that it is too. */
export function placeOf(
  { organizationId, resource, scope }: Question,
  { scopes }: Pick<Known, 'scopes'>,
): Scope | null {
  const place = scopes.includes(resource.type) ? resource : scope;
  return place?.type === ORGANIZATION && place.id === organizationId ? null : place;
}

/** What is held in the organization does not reach into its scopes, unless the policy made it a grant there. */
function reaches(held: Scope | null, place: Scope | null): boolean {
  if (held === null || place === null) return held === place;
  // Whoever names no resource of that type has not asked about every one of them.
  return held.type === place.type && (held.id === place.id || (held.id === EVERY && place.id !== ''));
}
