import { forbidden } from '../errors.ts';
import type { Session } from '../model.ts';
import { sessionEventJson } from '../shapes/session.ts';
import type { Change, Revocation, World } from '../world.ts';
import { membershipOf, sessionOf, userOf } from './find.ts';

const DAY = 86_400_000;

export interface SessionDetails {
  readonly id?: string;
  /** The active organization; the user must be a member. */
  readonly organizationId?: string;
  readonly clientId?: string;
  /** `pending`: signed in, but a task (choosing an organization, a second factor) is still open. */
  readonly status?: 'active' | 'pending';
  readonly lifetimeMs?: number;
}

const alive = (session: Session) => session.status === 'active' || session.status === 'pending';

const eventData = (world: World, session: Session) =>
  sessionEventJson(session, userOf(world.state, session.userId));

export const finish = (
  world: World,
  change: Change,
  session: Session,
  status: 'ended' | 'removed' | 'revoked',
  by: Revocation['by'] = 'change',
): Session => {
  if (!alive(session)) return session;
  const value: Session = { ...session, status, updatedAt: change.at };
  change.write({ table: 'sessions', id: session.id, value });
  change.emit(`session.${status}`, eventData(world, value));
  if (status === 'revoked')
    world.revocations.push({ sessionId: session.id, userId: session.userId, at: change.at, by });
  return value;
};

/** The status that shows: nothing is written when a session runs out, it is just over. */
export const shown = (session: Session, now: number): Session =>
  alive(session) && session.expireAt <= now ? { ...session, status: 'expired' } : session;

export const sessionChanges = (world: World) => {
  const { state } = world;
  const close = (
    what: string,
    id: string,
    status: 'ended' | 'removed' | 'revoked',
    by: Revocation['by'] = 'change',
  ): Session => {
    const session = sessionOf(state, id);
    if (!alive(session)) return session;
    return world.change(what, { session: id, user: session.userId }, (change) =>
      finish(world, change, session, status, by),
    );
  };

  return {
    createSession(userId: string, details: SessionDetails = {}): Session {
      const user = userOf(state, userId);
      if (user.banned || user.deprovisioned)
        throw forbidden('user_banned', 'The user is not allowed to sign in');
      if (details.organizationId !== undefined) membershipOf(state, details.organizationId, userId);
      const id = details.id ?? world.newId('sess');
      return world.change('createSession', { session: id, user: userId }, (change) => {
        const value: Session = {
          id,
          userId,
          clientId: details.clientId ?? world.newId('client'),
          status: details.status ?? 'active',
          organizationId: details.organizationId ?? null,
          lastActiveAt: change.at,
          expireAt: change.at + (details.lifetimeMs ?? 7 * DAY),
          abandonAt: change.at + 30 * DAY,
          createdAt: change.at,
          updatedAt: change.at,
        };
        change.write({ table: 'sessions', id, value });
        change.emit(
          value.status === 'pending' ? 'session.pending' : 'session.created',
          eventData(world, value),
        );
        return value;
      });
    },

    /** Signed out by the user. */
    endSession: (id: string): Session => close('endSession', id, 'ended'),
    removeSession: (id: string): Session => close('removeSession', id, 'removed'),
    revokeSession: (id: string): Session => close('revokeSession', id, 'revoked'),
    /** What `POST /v1/sessions/{id}/revoke` does; recorded apart, so that tests see who revoked. */
    revokeSessionByApi: (id: string): Session => close('revokeSession', id, 'revoked', 'api'),
  };
};
