/** The public surface of `rolecall/policy`, nothing else. */
export type { Condition } from '../domain/grant.ts';
export { type Assignable, assignable } from './assignable.ts';
export { definePolicy } from './define-policy.ts';
export type {
  AgentsDefinition,
  ConstraintDefinition,
  PermissionOf,
  PolicyDefinition,
  RoleOf,
  ScopeDefinition,
  SeatsDefinition,
} from './definition.ts';
export { PolicyError } from './policy-error.ts';
export { resolvePolicy } from './resolve-policy.ts';
export type {
  FreeSeats,
  Grant,
  ResolvedAssignmentRules,
  ResolvedConstraint,
  ResolvedPolicy,
  ResolvedRole,
} from './resolved-policy.ts';
export type { AssignmentRules, ConditionalGrant, RoleDefinition } from './role-definition.ts';
export { type Seats, seatsOf } from './seats.ts';
