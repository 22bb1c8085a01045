import * as v from 'valibot';
import { organizationOf, sessionOf, userOf } from '../changes/find.ts';
import { shown } from '../changes/sessions.ts';
import { ClerkRefusal, invalid } from '../errors.ts';
import type { Membership, Session } from '../model.ts';
import { membershipJson } from '../shapes/membership.ts';
import { sessionJson } from '../shapes/session.ts';
import { userJson } from '../shapes/user.ts';
import type { Tokens } from '../tokens.ts';
import type { World } from '../world.ts';
import type { Routes } from './app.ts';
import { idFilter, ordered, page } from './paging.ts';

const TokenBody = v.object({
  expires_in_seconds: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(30), v.maxValue(315_360_000))),
  ),
  organization_id: v.optional(v.nullable(v.string())),
});

export const membershipAnswer = (world: World, membership: Membership) =>
  membershipJson(
    world.state,
    membership,
    organizationOf(world.state, membership.organizationId),
    userOf(world.state, membership.userId),
  );

export const peopleRoutes = (world: World, tokens: Tokens, revoke: (id: string) => Session): Routes => {
  const { state } = world;
  const sessionAnswer = (session: Session) => sessionJson(shown(session, world.now()));

  return {
    'GET /v1/sessions': ({ query }) => {
      const [userId, clientId, status] = [query.get('user_id'), query.get('client_id'), query.get('status')];
      if (userId === null && clientId === null) {
        throw invalid('request_invalid_for_instance', 'Either user_id or client_id is required', 'user_id');
      }
      const wanted = [...state.sessions.values()]
        .map((session) => shown(session, world.now()))
        .filter((session) => userId === null || session.userId === userId)
        .filter((session) => clientId === null || session.clientId === clientId)
        .filter((session) => status === null || session.status === status);
      const newest = ordered(wanted, new URLSearchParams(), (session) => ({ created_at: session.createdAt }));
      const { data, total_count } = page(newest, query);
      const sessions = data.map(sessionAnswer);
      // A bare array unless the SDK's `paginated=true` is there.
      return query.get('paginated') === 'true' ? { data: sessions, total_count } : sessions;
    },

    'GET /v1/sessions/:id': ({ param }) => sessionAnswer(sessionOf(state, param('id'))),

    // Whoever is already signed out stays so: 200, nothing changed, no event.
    'POST /v1/sessions/:id/revoke': ({ param }) => sessionAnswer(revoke(param('id'))),

    'POST /v1/sessions/:id/tokens': async ({ param, body }) => {
      const wanted = v.safeParse(TokenBody, await body());
      if (!wanted.success) {
        throw new ClerkRefusal(422, 'form_param_value_invalid', 'is invalid', wanted.issues[0].message);
      }
      const { expires_in_seconds: lifetime, organization_id: organizationId } = wanted.output;
      const jwt = tokens.mintToken({
        sessionId: param('id'),
        ...(lifetime ? { lifetime } : {}),
        ...(organizationId ? { organizationId } : {}),
      });
      return { object: 'token', jwt };
    },

    // A bare array, counted by a route of its own.
    'GET /v1/users': ({ query }) => {
      const wanted = idFilter(query, 'user_id');
      const within = idFilter(query, 'organization_id');
      const memberships = [...state.memberships.values()];
      const belongs = (id: string) =>
        !query.has('organization_id') ||
        memberships.some(({ userId, organizationId }) => userId === id && within(organizationId));
      const users = [...state.users.values()].filter((user) => wanted(user.id) && belongs(user.id));
      const list = ordered(users, query, (user) => ({
        created_at: user.createdAt,
        updated_at: user.updatedAt,
      }));
      return page(list, query).data.map(userJson);
    },
    'GET /v1/users/count': () => ({ object: 'total_count', total_count: state.users.size }),
    'GET /v1/users/:id': ({ param }) => userJson(userOf(state, param('id'))),

    'GET /v1/users/:id/organization_memberships': ({ param, query }) => {
      const user = userOf(state, param('id'));
      const mine = [...state.memberships.values()].filter((membership) => membership.userId === user.id);
      const newest = ordered(mine, new URLSearchParams(), (membership) => ({
        created_at: membership.createdAt,
      }));
      const { data, total_count } = page(newest, query);
      return { data: data.map((membership) => membershipAnswer(world, membership)), total_count };
    },
  };
};
