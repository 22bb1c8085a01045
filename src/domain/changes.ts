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
  | 'role_changed'
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
  readonly role: string | null;
  /** What is granted after the change, sorted; empty where nothing is. */
  readonly permissions: readonly string[];
  readonly cutoff: Cutoff | null;
  /** Provider's time of the cause. */
  readonly at: number;
}
