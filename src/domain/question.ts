import type { Scope } from './grant.ts';
import type { OrganizationId, UserId } from './ids.ts';

/** Who wants to do it. An agent acts for itself, or for a user whose bounds are then its own. */
export type Subject =
  | { readonly type: 'user'; readonly userId: UserId }
  | { readonly type: 'agent'; readonly agentId: string; readonly actingFor: UserId | null };

/** What a session token says of itself. */
export interface PresentedToken {
  readonly sessionId: string;
  /** Milliseconds. */
  readonly issuedAt: number;
}

/** May the subject do this, here, now? Nothing in it is believed about what the subject holds. */
export interface Question {
  readonly organizationId: OrganizationId;
  readonly subject: Subject;
  readonly permission: string;
  readonly resource: Scope;
  /** Where the resource lies, unless its type is itself a scope; null means directly in the organization. */
  readonly scope: Scope | null;
  readonly ownerId: string | null;
  readonly assignees: readonly string[];
  /** Null where none was shown: then cutoffs are not looked at. */
  readonly token: PresentedToken | 'unreadable' | null;
}

/** Why somebody may not. Readers build on these words: none may change its meaning. */
export type DenialReason =
  /** No organization was named. */
  | 'organization_missing'
  /** Two organizations were named. */
  | 'organization_conflict'
  /** Neither `user` nor `agent`. */
  | 'unknown_subject_type'
  /** The user, or the user an agent acts for, is not a member of the organization. */
  | 'not_a_member'
  /** The organization has no such agent. */
  | 'not_an_agent'
  /** Banned or deprovisioned. */
  | 'suspended'
  /** Two changes of the same moment contradict each other, and the provider has not answered yet. */
  | 'contested'
  /** Incomplete, unreadable, from the future, of somebody else's session, or shown for an agent that acts for nobody. */
  | 'invalid_token'
  /** Issued at or before a cutoff of its member, user, role or organization, or its session has ended. */
  | 'token_cut_off'
  /** Not held; or not here, not of this owner's, not of what is assigned to others. */
  | 'missing_permission';

export type AccessDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: DenialReason };
