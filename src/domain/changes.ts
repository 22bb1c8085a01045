import type { Holding, ScopedRoles } from './facts.ts';
import type { OrganizationId, UserId } from './ids.ts';

/** What moved. Audit trail and feed are made of these; one row each, however many members it reaches. */
export type ChangeKind =
  | 'granted'
  | 'reduced'
  | 'removed'
  | 'withheld'
  | 'cut_off'
  | 'suspended'
  | 'restored'
  | 'password_changed'
  | 'user_deleted'
  | 'organization_deleted'
  | 'features_changed'
  | 'agent_changed'
  | 'role_changed'
  | 'policy_changed'
  | 'session_ended';

export type CutoffOf = 'session' | 'member' | 'user' | 'role' | 'organization';

/** Tokens issued at or before `at` (milliseconds) are refused, for what `of` and `id` name. */
export interface Cutoff {
  readonly of: CutoffOf;
  readonly id: string;
  readonly at: number;
  /** The commit raises `at` to its own clock if that is later: roles and organizations reach members unseen. */
  readonly notBeforeCommit: boolean;
}

/**
 * What those who keep a copy need besides, to go on deriving the same access from later changes of roles, features and
 * policies. What is left out is empty.
 */
export interface ChangeDetails {
  /** Of a member: the roles in resources that access rests on. */
  readonly scoped?: ScopedRoles;
  /** Of a member: two truths of one moment, and no access until the provider answers. */
  readonly contested?: true;
  /** Of a member: what waits for the provider's word. Until it comes, access is what all of them grant too. */
  readonly waiting?: readonly Holding[];
  /** Of a role: where it is one, and what it grants besides where a feature is on. */
  readonly scope?: string;
  readonly featured?: Readonly<Record<string, readonly string[]>>;
  /** Of an organization: the features that are on. */
  readonly features?: readonly string[];
  /** Of a policy: the types of resources with roles of their own, and whether organization roles reach into them. */
  readonly scopes?: Readonly<Record<string, boolean>>;
  /** Of a policy: what no copy from before it tells any more. */
  readonly unsure?: 'resources' | 'everything';
}

export interface Change {
  readonly kind: ChangeKind;
  readonly organizationId: OrganizationId | null;
  readonly userId: UserId | null;
  /** The agent it is about, for `agent_changed`. */
  readonly agentId: string | null;
  readonly role: string | null;
  /** What is granted after the change, as `grantText` writes it, sorted; empty where nothing is. */
  readonly permissions: readonly string[];
  readonly details: ChangeDetails;
  readonly cutoff: Cutoff | null;
  /** Provider's time of the cause. */
  readonly at: number;
}
