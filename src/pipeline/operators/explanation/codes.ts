/** What programs look at. Readers build on these words: none may change its meaning. */
export const BECAUSE_CODES = [
  // Why there is no access at all.
  'organization_deleted',
  'user_deleted',
  'removed',
  'presumed_absent',
  'not_confirmed',
  'contested',
  'suspended',
  'never_named',
  'never_a_member',
  'unknown_organization',
  'unknown_user',
  // In which role somebody is a member.
  'member',
  'first_member',
  'waiting_for_clerk',
  // Why that role grants a permission, or does not.
  'granted_by_role',
  'granted_by_feature',
  'withheld_by_newer_role',
  'only_own',
  'only_assigned',
  'feature_off',
  'only_in_resources',
  'role_does_not_grant',
  'role_unknown',
  'role_deleted',
  'role_of_resources',
  'role_not_in_policy',
  'granted_by_others',
  'granted_by_nobody',
  'unknown_permission',
  'role_by_policy',
  'role_by_provider',
  // Which tokens are refused although their holder may come back.
  'cutoff_member',
  'cutoff_user',
  'cutoff_organization',
  'cutoff_role',
  'cutoff_left_role',
  // What may change the answer yet.
  'revocation_owed',
  'revocation_dead',
  'lookup_owed',
  'lookup_dead',
  'hold_waiting',
  'delivery_failed',
  'delivery_dead',
  'delivery_held',
] as const;

export type BecauseCode = (typeof BECAUSE_CODES)[number];
