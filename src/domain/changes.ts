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

export interface Change {
  readonly kind: ChangeKind;
  readonly organizationId: OrganizationId | null;
  readonly userId: UserId | null;
  /** The agent it is about, for `agent_changed`. */
  readonly agentId: string | null;
  readonly role: string | null;
  /**
   * What is granted after the change, as `grantText` writes it, sorted; empty where nothing is. For `features_changed`
   * the features that are on.
   */
  readonly permissions: readonly string[];
  readonly cutoff: Cutoff | null;
  /** Provider's time of the cause. */
  readonly at: number;
}
