import type { ResolvedPolicy } from './resolved-policy.ts';

/** What one member may do about roles, and about one other member. */
export interface Assignable {
  /** Roles in which the actor may invite somebody new. */
  readonly invite: readonly string[];
  /** Roles to which the actor may change the target; empty when the target's role is not theirs to change. */
  readonly change: readonly string[];
  /** Whether the actor may remove the target. */
  readonly remove: boolean;
}

const NOTHING: Assignable = { invite: [], change: [], remove: false };

/**
 * What somebody with `actorRole` may do about somebody with `targetRole`, both in the same organization or the same
 * resource. A role that the policy does not know assigns nothing and is nobody's to change.
 */
export function assignable(
  { roles }: Pick<ResolvedPolicy, 'roles'>,
  actorRole: string,
  targetRole: string | null,
): Assignable {
  const actor = Object.hasOwn(roles, actorRole) ? roles[actorRole] : undefined;
  if (actor === undefined) return NOTHING;
  const { invite, change, remove } = actor.assigns;
  if (targetRole === null) return { invite, change: [], remove: false };
  return {
    invite,
    change: change.includes(targetRole) ? change.filter((role) => role !== targetRole) : [],
    remove: remove.includes(targetRole),
  };
}
