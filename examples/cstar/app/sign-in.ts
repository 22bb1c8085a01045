import { Hono } from 'hono';
import { ClerkRefusal, type ClerkStandIn } from 'rolecall/testing';

/** Stands in for Clerk's Frontend API, for development only: anybody signs in as anybody. */
export function signInAsAnybody(clerk: ClerkStandIn): Hono {
  return new Hono()
    .post('/', (c) => {
      const userId = c.req.query('as') ?? '';
      const membership = [...clerk.state.memberships.values()].find((one) => one.userId === userId);
      const active = membership === undefined ? {} : { organizationId: membership.organizationId };
      return c.text(clerk.createSession(userId, active).id);
    })
    .get('/:session', (c) => c.text(clerk.mintToken({ sessionId: c.req.param('session') })))
    .onError((error, c) => {
      if (error instanceof ClerkRefusal) return c.text(error.message, 401);
      throw error;
    });
}
