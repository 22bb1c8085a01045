import type { Session, User } from '../model.ts';
import type { Json } from './json.ts';
import { userJson } from './user.ts';

export const sessionJson = (session: Session): Json => ({
  object: 'session',
  id: session.id,
  user_id: session.userId,
  client_id: session.clientId,
  actor: null,
  status: session.status,
  last_active_organization_id: session.organizationId,
  last_active_at: session.lastActiveAt,
  expire_at: session.expireAt,
  abandon_at: session.abandonAt,
  created_at: session.createdAt,
  updated_at: session.updatedAt,
});

/** Session events carry the whole user. */
export const sessionEventJson = (session: Session, user: User): Json => ({
  ...sessionJson(session),
  user: userJson(user),
});
