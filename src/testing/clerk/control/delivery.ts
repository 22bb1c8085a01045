import * as v from 'valibot';
import { eventOf, maybe, text, type Verb, verb } from './verbs.ts';

const nothing = v.object({});
const number = v.number();
const times = maybe(number);
const event = v.object({ eventId: text });
const signing = { eventId: text, at: maybe(number), secret: maybe(text), id: maybe(text), body: maybe(text) };

const route = maybe(text);
const apiFault = v.variant('kind', [
  v.object({ kind: v.literal('slow'), ms: number, times, route }),
  v.object({
    kind: v.literal('status'),
    status: number,
    retryAfter: maybe(number),
    html: maybe(v.boolean()),
    times,
    route,
  }),
  v.object({ kind: v.literal('hang'), times, route }),
]);

const common = { times, types: maybe(v.array(text)), probability: maybe(number) };
const webhookFault = v.variant('kind', [
  v.object({ kind: v.literal('lose'), ...common }),
  v.object({ kind: v.literal('duplicate'), copies: maybe(number), ...common }),
  v.object({ kind: v.literal('delay'), ms: number, ...common }),
  v.object({ kind: v.literal('reorder'), window: maybe(number), ms: maybe(number), ...common }),
]);

/** Tokens, webhooks and faults, over HTTP. */
export const deliveryVerbs: Readonly<Record<string, Verb>> = {
  mintToken: verb(
    v.object({
      sessionId: text,
      organizationId: maybe(v.nullable(text)),
      issuedAt: maybe(number),
      lifetime: maybe(number),
      overrides: maybe(v.record(v.string(), v.unknown())),
    }),
    (s, a) => ({ jwt: s.mintToken(a) }),
  ),

  signed: verb(v.object(signing), (s, { eventId, ...a }) => s.signed(eventOf(s, eventId), a)),
  deliver: verb(v.object({ ...signing, to: maybe(text) }), async (s, { eventId, ...a }) => {
    const { status, body } = await s.deliver(eventOf(s, eventId), a);
    return { status, body };
  }),
  resend: verb(event, (s, a) => s.resend(a.eventId)),
  addEndpoint: verb(v.object({ url: text, signingSecret: maybe(text) }), (s, a) => s.addEndpoint(a)),
  removeEndpoint: verb(v.object({ url: text }), (s, a) => s.removeEndpoint(a.url)),
  pause: verb(nothing, (s) => s.pause()),
  resume: verb(nothing, (s) => s.resume()),
  discard: verb(nothing, (s) => s.discard()),

  failApi: verb(apiFault, (s, a) => s.failApi(a)),
  failWebhooks: verb(webhookFault, (s, a) => s.failWebhooks(a)),
  clearFaults: verb(nothing, (s) => s.clearFaults()),
  resetCalls: verb(nothing, (s) => s.calls.reset()),
};
