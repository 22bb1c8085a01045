import { type Assignable, assignable } from '../policy/assignable.ts';
import { effectiveRoles } from '../policy/effective-roles.ts';
import type { ResolvedPolicy } from '../policy/resolved-policy.ts';
import type { AssignmentWanted, ListingStore, RolesHeld } from './ports.ts';

const NOTHING: Assignable = { invite: [], change: [], remove: false };

/**
 * What one member may do about roles, and about another one, in an organization or in one resource of it. Both are taken
 * for what they are in that very place: an organization role gives no role in a resource.
 */
export async function assignableRoles(
  listing: Pick<ListingStore, 'readAssignment'>,
  wanted: AssignmentWanted,
): Promise<Assignable & { readonly revision: number }> {
  const { revision, policy, provided, people } = await listing.readAssignment(wanted);
  const rules = { roles: effectiveRoles(policy, provided) };
  const actors = rolesOfActor(rules, people.get(wanted.actor), wanted.scope?.type ?? 'organization');
  const targets = rolesOfTarget(wanted.target === null ? undefined : people.get(wanted.target));
  const each = actors.flatMap((actor) => targets.map((target) => assignable(rules, actor, target)));
  return { revision, ...each.reduce(both, each[0] ?? NOTHING) };
}

/** Empty for whoever assigns nothing. A role of another scope, as metadata may claim it, is none here. */
function rolesOfActor(
  { roles }: Pick<ResolvedPolicy, 'roles'>,
  actor: RolesHeld | undefined,
  scope: string,
): readonly string[] {
  if (actor === undefined || actor.suspended || actor.contested) return [];
  const here = actor.held.filter(
    (role) => role !== null && Object.hasOwn(roles, role) && roles[role]?.scope === scope,
  );
  return here.length < actor.held.length ? [] : here.filter((role) => role !== null);
}

/** Null for a role that the target does not have: they can only be invited. Nor is one of two contested roles known. */
function rolesOfTarget(target: RolesHeld | undefined): readonly (string | null)[] {
  return target === undefined || target.contested ? [null] : target.held;
}

/** While newer roles wait for the provider's word, what is allowed is what all of them allow. */
function both(a: Assignable, b: Assignable): Assignable {
  return {
    invite: a.invite.filter((role) => b.invite.includes(role)),
    change: a.change.filter((role) => b.change.includes(role)),
    remove: a.remove && b.remove,
  };
}
