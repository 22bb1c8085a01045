import { roleByKey } from '../access.ts';
import { invalid, notFound } from '../errors.ts';
import type { StandInState } from '../history.ts';
import { pairOf } from '../history.ts';
import type { Invitation, Membership, Organization, Role, Session, User } from '../model.ts';

// Finding what a change is about, or refusing it as Clerk would.

export const userOf = (state: StandInState, id: string): User => {
  const user = state.users.get(id);
  if (user === undefined) throw notFound('user', id);
  return user;
};

export const organizationOf = (state: StandInState, idOrSlug: string): Organization => {
  const direct = state.organizations.get(idOrSlug);
  if (direct !== undefined) return direct;
  for (const organization of state.organizations.values())
    if (organization.slug === idOrSlug) return organization;
  throw notFound('organization', idOrSlug);
};

export const membershipIn = (
  state: StandInState,
  organizationId: string,
  userId: string,
): Membership | undefined => {
  const id = state.pairs.get(pairOf(organizationId, userId));
  return id === undefined ? undefined : state.memberships.get(id);
};

export const membershipOf = (state: StandInState, organizationId: string, userId: string): Membership => {
  const membership = membershipIn(state, organizationId, userId);
  if (membership === undefined) throw notFound('organization membership', `${organizationId}/${userId}`);
  return membership;
};

/** By key or by id. */
export const roleOf = (state: StandInState, keyOrId: string): Role => {
  const role = state.roles.get(keyOrId) ?? roleByKey(state, keyOrId);
  if (role === undefined)
    throw invalid('form_param_value_invalid', `${keyOrId} is not a role of this instance`, 'role');
  return role;
};

export const sessionOf = (state: StandInState, id: string): Session => {
  const session = state.sessions.get(id);
  if (session === undefined) throw notFound('session', id);
  return session;
};

export const invitationOf = (state: StandInState, id: string): Invitation => {
  const invitation = state.invitations.get(id);
  if (invitation === undefined) throw notFound('organization invitation', id);
  return invitation;
};
