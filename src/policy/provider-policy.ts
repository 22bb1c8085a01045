import type { ResolvedPolicy } from './resolved-policy.ts';

/** The provider's own roles and permissions, and nothing besides: what holds before any policy is applied. */
export const PROVIDER_POLICY: ResolvedPolicy = {
  name: 'provider',
  extends: 'provider',
  scopes: ['organization'],
  permissions: {},
  roles: {},
  constraints: [],
  seats: {},
};
