import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as v from 'valibot';

export const TOKEN = 'a-read-token';

const Evaluation = v.strictObject({
  subject: v.strictObject({
    type: v.picklist(['user', 'agent']),
    id: v.string(),
    properties: v.optional(v.strictObject({ acting_for: v.string() })),
  }),
  action: v.strictObject({ name: v.string() }),
  resource: v.strictObject({
    type: v.literal('organization'),
    id: v.string(),
    properties: v.optional(
      v.strictObject({
        owner: v.optional(v.string()),
        assignees: v.optional(v.array(v.string())),
        scope: v.optional(v.strictObject({ type: v.string(), id: v.string() })),
      }),
    ),
  }),
  context: v.optional(
    v.strictObject({
      token: v.optional(v.strictObject({ session_id: v.string(), issued_at: v.number() })),
      at_least_revision: v.optional(v.number()),
    }),
  ),
});
export type Evaluation = v.InferOutput<typeof Evaluation>;

export interface FakeRolecall {
  readonly url: string;
  /** What was asked, in order. Whatever is not of AuthZEN's shape, roles above all, is answered 400. */
  readonly asked: Evaluation[];
  /** Who may: `user_ada org_acme org:invoices:read`. */
  readonly may: Set<string>;
  /** Cut off: `user_ada`, issued at this second or before. */
  readonly cutOff: Map<string, number>;
  /** Instead of all that, until it is null again. */
  answer: ((response: ServerResponse, request: IncomingMessage) => void) | null;
  stop(): Promise<void>;
}

/** A server that speaks the contract of `POST /access/v1/evaluation`, and does what it is told. */
export async function fakeRolecall(): Promise<FakeRolecall> {
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const fake: FakeRolecall = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    asked: [],
    may: new Set(),
    cutOff: new Map(),
    answer: null,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (fake.answer !== null) return fake.answer(response, request);
    const say = (status: number, body: object) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method !== 'POST' || request.url !== '/access/v1/evaluation') return say(404, {});
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return say(401, {});
    const read = v.safeParse(Evaluation, JSON.parse(text));
    if (!read.success)
      return say(400, { error: { code: 'invalid_request', message: read.issues[0].message } });
    fake.asked.push(read.output);
    const reason = reasonAgainst(fake, read.output);
    return say(200, reason === null ? { decision: true } : { decision: false, context: { reason } });
  };
  return fake;
}

function reasonAgainst({ may, cutOff }: FakeRolecall, asked: Evaluation): string | null {
  const { subject, action, resource, context } = asked;
  const issuedAt = context?.token?.issued_at;
  const cutoff = cutOff.get(subject.id);
  if (cutoff !== undefined && issuedAt !== undefined && issuedAt <= cutoff) return 'token_cut_off';
  if (may.has(`${subject.id} ${resource.id} ${action.name}`)) return null;
  return [...may].some((one) => one.startsWith(`${subject.id} ${resource.id} `))
    ? 'missing_permission'
    : 'not_a_member';
}
