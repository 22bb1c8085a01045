import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyNumber, anyText } from '../support/matchers.ts';
import { OPERATORS, operatorOf, READER } from './support/operator.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

interface Entry {
  readonly id: string;
  readonly type: string | null;
  readonly outcome: string;
  readonly received_at: string;
}
interface Page {
  readonly deliveries: readonly Entry[];
  readonly next: string | null;
}

let rolecall: Running;
const ids = new Map<string, string>();
beforeAll(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
  const { clerk } = rolecall;
  for (const id of ['user_jane', 'user_joe']) clerk.createUser({ id });
  clerk.createOrganization({ id: 'org_acme' });
  clerk.addMember('org_acme', 'user_jane', 'org:admin');
  clerk.addMember('org_acme', 'user_joe', 'org:member');
  clerk.changeRole('org_acme', 'user_jane', 'org:member');
  for (const event of clerk.outbox) {
    await rolecall.post(event.body, { id: event.id });
    ids.set(event.type, event.id);
  }
  const broken = JSON.parse(clerk.outbox.at(-1)?.body ?? '{}') as { data: Record<string, unknown> };
  broken.data['role'] = { toString: '<script>alert(1)</script>' };
  broken.data['private_metadata'] = { secret: 'PRIVATE-CANARY' };
  await rolecall.post(JSON.stringify(broken), { id: 'msg_broken' });
  await rolecall.post('{"not json', { id: 'msg_text' });
  const code = { type: 'sms.created', object: 'event', timestamp: Date.now(), data: { otp: 'OTP-CANARY' } };
  await rolecall.post(JSON.stringify(code), { id: 'msg_code' });
});
afterAll(() => rolecall.stop());

const list = async (query: string) => (await operatorOf(rolecall)('GET', `/deliveries${query}`)).json as Page;
const read = async (id: string) => (await operatorOf(rolecall)('GET', `/deliveries/${id}`)).json;

async function walk(query: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let cursor = ''; ; ) {
    const page = await list(`?limit=2${query}${cursor}`);
    expect(page.deliveries.length).toBeLessThanOrEqual(2);
    found.push(...page.deliveries);
    if (page.next === null) return found;
    cursor = `&cursor=${page.next}`;
  }
}

describe('the inbox', () => {
  it('is listed page by page, the latest first, each delivery once', async () => {
    const [row] = await rolecall.sql`select count(*)::int as n from rolecall.inbox`;
    const all = await walk('');
    expect(all).toHaveLength(row?.['n'] as number);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const times = all.map(({ received_at: at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    expect(all[0]).toEqual({
      id: 'msg_code',
      source: 'webhook',
      type: 'sms.created',
      organization: null,
      user: null,
      outcome: 'ignored',
      reason: 'unknown_type',
      explanation: anyText,
      attempt_count: 1,
      dead: false,
      received_at: anyText,
      committed_at: anyText,
      retry_at: null,
      payload_kept: false,
    });
  });

  it('is filtered by outcome, type, organization, user and time, in any combination', async () => {
    const [oldest] = (await walk('')).slice(-1);
    const from = oldest?.received_at ?? '';
    expect((await walk('&status=failed')).map(({ id }) => id).sort()).toEqual(['msg_broken', 'msg_text']);
    expect(await walk('&status=dead')).toEqual([]);
    expect((await walk('&type=user.created')).map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect((await walk('&organization=org_acme&user=user_joe')).map(({ type }) => type)).toEqual([
      'organizationMembership.created',
    ]);
    expect(await walk(`&from=${from}`)).toHaveLength((await walk('')).length);
    expect(await walk(`&to=${from}`)).toEqual([]);
    expect(await walk('&from=2000-01-01T00:00:00%2B02:00&to=2000-01-02T00:00:00Z')).toEqual([]);
    expect(await walk('&organization=org_nobody')).toEqual([]);
  });

  it.each([
    'status=none',
    'status=',
    'type=a%00b',
    'organization=%27%3B%20drop%20table',
    'from=yesterday',
    'from=2026-11-22',
    'from=2026-11-22T10:00:00',
    'to=2026-02-30T99:00:00Z',
    'to=2026-02-30T03:00:00Z',
    'limit=0',
    'limit=501',
    'limit=1e2',
    'cursor=x',
    'cursor=WyJlZmZlY3QiLDFd',
    `cursor=${btoa('["delivery",-1e15,"msg_1"]')}`,
    `cursor=${btoa('["delivery",1,"a\\u0000b"]')}`,
    'nonsense=1',
    'status=held&status=failed',
  ])('answers 400 to %s', async (query) => {
    const answer = await operatorOf(rolecall)('GET', `/deliveries?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: { code: 'invalid_parameter' } });
  });
});

describe('one delivery', () => {
  it('tells what it said, what was decided and why, what moved, what is owed, and how long that took', async () => {
    expect(await read(ids.get('organizationMembership.updated') ?? '')).toEqual({
      id: ids.get('organizationMembership.updated'),
      source: 'webhook',
      type: 'organizationMembership.updated',
      organization: 'org_acme',
      user: 'user_jane',
      outcome: 'applied',
      reason: 'newer',
      explanation: anyText,
      attempt_count: 1,
      dead: false,
      received_at: anyText,
      committed_at: anyText,
      retry_at: null,
      payload_kept: true,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      payload: expect.objectContaining({ type: 'organizationMembership.updated' }) as unknown,
      payload_text: null,
      decision: { outcome: 'applied', reason: 'newer', explanation: anyText },
      changes: [
        expect.objectContaining({
          kind: 'reduced',
          organization: 'org_acme',
          user: 'user_jane',
          role: 'org:member',
          cutoff: { of: 'member', id: anyText, at: anyText },
          cause: 'delivery',
        }),
      ],
      effects: [
        expect.objectContaining({
          kind: 'revoke_sessions',
          lane: 'reduction',
          user: 'user_jane',
          status: 'owed',
          attempts: 0,
          last_error: null,
          tries: [],
        }),
      ],
      attempts: [
        {
          attempt: 1,
          cause: 'delivery',
          replay: null,
          outcome: 'applied',
          reason: 'newer',
          explanation: anyText,
          at: anyText,
        },
      ],
      times: {
        sent_at: anyText,
        received_at: anyText,
        committed_at: anyText,
        refused_at: anyText,
        received_to_committed_ms: anyNumber,
        received_to_refused_ms: anyNumber,
      },
    });
  });

  it('of an unknown type has no payload: one-time codes are not kept', async () => {
    const shown = await read('msg_code');
    expect(shown).toMatchObject({ payload: null, payload_text: null, payload_kept: false, changes: [] });
    expect(JSON.stringify(shown)).not.toContain('OTP-CANARY');
  });

  it('that could not be read says where, and shows hostile text as text and private metadata not at all', async () => {
    const shown = await read('msg_broken');
    expect(shown).toMatchObject({
      outcome: 'failed',
      payload: {
        data: { role: { toString: '<script>alert(1)</script>' }, private_metadata: '[not shown]' },
      },
      effects: [expect.objectContaining({ kind: 'lookup_member', user: 'user_jane' })],
    });
    expect(JSON.stringify(shown)).not.toContain('PRIVATE-CANARY');
    expect((shown as { decision: { explanation: string } }).decision.explanation).toContain('"data.role"');
    expect(await read('msg_text')).toMatchObject({ payload: null, payload_text: '{"not json' });
  });

  it('nested too deep to be told as JSON is shown as the beginning of its text', async () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    await rolecall.post(deep, { id: 'msg_deep' });
    const shown = (await read('msg_deep')) as { payload: unknown; payload_text: string };
    expect(shown.payload).toBeNull();
    expect(shown.payload_text).toBe(deep.slice(0, 10_000));
  });

  it.each(['msg_none', 'a%00b', '%ff', 'x'.repeat(300)])(
    'that does not exist is not found: %s',
    async (id) => {
      const { status, json } = await operatorOf(rolecall)('GET', `/deliveries/${id}`, undefined, READER);
      expect(status).toBe(404);
      expect(json).toMatchObject({ error: { code: 'not_found' } });
    },
  );
});
