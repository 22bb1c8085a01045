import { Hono } from 'hono';
import * as v from 'valibot';
import { answer, refuse } from '../api/answer.ts';
import type { StandInCore } from '../core.ts';
import { ClerkRefusal, notFound } from '../errors.ts';
import { changeVerbs } from './changes.ts';
import { deliveryVerbs } from './delivery.ts';
import { views } from './views.ts';

// The stand-in's own API, for other processes. JSON in, JSON out; no key: it listens on the loopback only.
//
//   POST /stand-in/<verb>       a method by its own name, its arguments as one object
//     people         createUser updateUser banUser unbanUser deprovisionUser changePassword deleteUser
//     organizations  createOrganization updateOrganization updateOrganizationMetadata deleteOrganization
//     members        addMember changeRole updateMembershipMetadata removeMember
//     roles          createPermission deletePermission defineRole changeRolePermissions renameRole deleteRole
//     sessions       createSession endSession removeSession revokeSession mintToken
//     invitations    createInvitation acceptInvitation revokeInvitation
//     API keys       createApiKey revokeApiKey
//     webhooks       signed deliver resend addEndpoint removeEndpoint pause resume discard
//     faults         failApi failWebhooks clearFaults resetCalls
//   GET /stand-in/<view>        instance state access history sessions revocations outbox messages
//                               deliveries calls settled
//
// 200 with the method's result (null for none); refusals in Clerk's form; 400 `invalid_request` for a body that
// does not fit. Ids go by `userId`, `organizationId`, `sessionId`, `invitationId`, `apiKeyId`, `eventId`;
// roles and permissions by `key`.

const verbs = { ...changeVerbs, ...deliveryVerbs };

const own = <Value>(table: Readonly<Record<string, Value>>, name: string): Value => {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) throw notFound('verb or view', name);
  return found;
};

export const controlApi = (standIn: StandInCore): Hono => {
  const app = new Hono();
  const guarded = async (run: () => unknown): Promise<Response> => {
    try {
      return answer((await run()) ?? null, standIn.now());
    } catch (error) {
      if (error instanceof ClerkRefusal) return refuse(error, standIn.now());
      if (error instanceof v.ValiError || error instanceof SyntaxError) {
        return refuse(new ClerkRefusal(400, 'invalid_request', error.message), standIn.now());
      }
      throw error;
    }
  };
  app.post('/stand-in/:verb', (c) =>
    guarded(async () => {
      const { run } = own(verbs, c.req.param('verb'));
      const text = await c.req.text();
      return run(standIn, text === '' ? {} : JSON.parse(text));
    }),
  );
  app.get('/stand-in/:view', (c) =>
    guarded(() => own(views, c.req.param('view'))(standIn, new URL(c.req.url).searchParams)),
  );
  return app;
};
