import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOWED, asker, denied, MANY, ONE, question, within } from './support/authzen.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

const MEMBERS = { name: 'org:sys_memberships:read' };
const MANAGE = { name: 'org:sys_memberships:manage' };

let rolecall: Running;
let ask: ReturnType<typeof asker>;
beforeAll(async () => {
  rolecall = await startRolecall();
  ask = asker(rolecall.url);
  const { clerk } = rolecall;
  for (const id of ['user_jane', 'user_joe']) clerk.createUser({ id });
  for (const id of ['org_acme', 'org_other']) clerk.createOrganization({ id });
  clerk.addMember('org_acme', 'user_jane', 'org:admin');
  clerk.addMember('org_acme', 'user_joe', 'org:member');
  clerk.addMember('org_other', 'user_joe', 'org:admin');
  for (const event of clerk.outbox) await rolecall.post(event.body, { id: event.id });
});
afterAll(() => rolecall.stop());

const user = (id: string) => ({ type: 'user', id });
const organization = (id: string) => ({ type: 'organization', id });
const NO = denied('missing_permission');

const evaluations = async (body: object, path = MANY): Promise<unknown> => {
  const { status, json } = await ask(path, body);
  expect(status).toBe(200);
  expect(Object.keys(json as object)).toEqual(['evaluations']);
  return (json as { evaluations: unknown }).evaluations;
};

describe('a batch', () => {
  it('is answered in its order, each item with its decision and the reason of a denial, and nothing else', async () => {
    const items = [
      question('user_jane', 'org_acme'),
      question('user_joe', 'org_acme', { action: MANAGE }),
      question('user_joe', 'org_other', { action: MANAGE }),
      question('user_jane', 'org_other'),
    ];
    const answer = await ask(MANY, { evaluations: items });
    expect(answer.text).toBe(
      '{"evaluations":[{"decision":true},{"decision":false,"context":{"reason":"missing_permission"}},' +
        '{"decision":true},{"decision":false,"context":{"reason":"not_a_member"}}]}',
    );
    expect(answer.headers.get('rolecall-revision')).toMatch(/^[1-9]\d*$/);
  });

  it('takes what its items leave out from the top', async () => {
    const defaults = { subject: user('user_joe'), action: MANAGE, resource: organization('org_acme') };
    const items = [
      {},
      { action: MEMBERS },
      { subject: user('user_jane') },
      { resource: organization('org_other') },
      { subject: user('user_nobody'), action: MEMBERS },
    ];
    expect(await evaluations({ ...defaults, evaluations: items })).toEqual([
      NO,
      ALLOWED,
      ALLOWED,
      ALLOWED,
      denied('not_a_member'),
    ]);
  });

  it('replaces a default whole: halves are not put together', async () => {
    const properties = { organization: 'org_acme' };
    const items = [
      {},
      { resource: { type: 'document', id: 'doc_2' } },
      { resource: { id: 'doc_3', properties } },
      { context: {} },
      { context: { organization: 'org_acme' } },
    ];
    const body = {
      subject: user('user_jane'),
      action: MEMBERS,
      resource: { type: 'document', id: 'doc_1', properties },
      context: { organization: 'org_other' },
      evaluations: items,
    };
    expect(await evaluations(body)).toEqual([
      denied('organization_conflict'),
      denied('not_a_member'),
      {
        decision: false,
        context: {
          reason: 'invalid_request',
          error: { status: 400, message: 'resource.type is missing or not what it has to be.' },
        },
      },
      ALLOWED,
      ALLOWED,
    ]);
    // Of a subject that is replaced nothing remains, not even for whom it acted.
    const acting = { type: 'agent', id: 'agent_1', properties: { acting_for: 'user_jane' } };
    const replaced = { subject: acting, evaluations: [{ ...question('user_joe', 'org_acme') }] };
    expect(await evaluations(replaced)).toEqual([ALLOWED]);
  });

  it('may leave parts of a default to its items, and does not take null for left out', async () => {
    const body = {
      subject: user('user_jane'),
      action: MEMBERS,
      resource: { type: 'organization' },
      evaluations: [{ resource: organization('org_acme') }, {}, { subject: null }, { action: null }],
    };
    expect(await evaluations(body)).toMatchObject([
      ALLOWED,
      { decision: false, context: { reason: 'invalid_request' } },
      { decision: false, context: { reason: 'invalid_request' } },
      { decision: false, context: { reason: 'invalid_request' } },
    ]);
  });

  it('is not failed by items that are no questions', async () => {
    const items = [
      null,
      'text',
      7,
      [],
      [question('user_jane', 'org_acme')],
      question('user_jane', 'org_acme'),
    ];
    const body = { ...question('user_jane', 'org_acme'), evaluations: items };
    const bad = { decision: false, context: { reason: 'invalid_request' } };
    expect(await evaluations(body)).toMatchObject([bad, bad, bad, bad, bad, ALLOWED]);
  });

  it('of a tenant is about that tenant', async () => {
    const document = { type: 'document', id: 'doc_1' };
    const items = [
      { subject: user('user_jane'), action: MANAGE, resource: document },
      { subject: user('user_joe'), action: MANAGE, resource: document },
      { subject: user('user_joe'), action: MANAGE, resource: organization('org_other') },
    ];
    expect(await evaluations({ evaluations: items }, within('org_acme', MANY))).toEqual([
      ALLOWED,
      NO,
      denied('organization_conflict'),
    ]);
  });

  it('without items is a single question', async () => {
    const single = question('user_jane', 'org_acme');
    for (const path of [MANY, within('org_acme', MANY)]) {
      expect((await ask(path, single)).json).toEqual(ALLOWED);
      expect((await ask(path, { ...single, evaluations: [] })).json).toEqual(ALLOWED);
      expect((await ask(path, { evaluations: [] })).status).toBe(400);
    }
  });

  it.each([
    ['evaluations', { evaluations: null }],
    ['evaluations', { evaluations: {} }],
    ['evaluations', { evaluations: 'all' }],
    ['subject', { subject: 'user_jane', evaluations: [{}] }],
    ['resource', { resource: null, evaluations: [{}] }],
    ['context', { context: [], evaluations: [{}] }],
    ['options', { options: null, evaluations: [{}] }],
    ['options', { options: 'execute_all', evaluations: [{}] }],
    ['options.evaluations_semantic', { options: { evaluations_semantic: 'any' }, evaluations: [{}] }],
    ['options.evaluations_semantic', { options: { evaluations_semantic: null }, evaluations: [{}] }],
    [
      'options.evaluations_semantic',
      { options: { evaluations_semantic: ['execute_all'] }, evaluations: [{}] },
    ],
  ])('whose %s cannot be read is refused: %j', async (place, parts) => {
    const { status, json } = await ask(MANY, { ...question('user_jane', 'org_acme'), ...parts });
    expect(status).toBe(400);
    expect(json).toEqual({
      error: { code: 'invalid_request', message: `${place} is missing or not what it has to be.` },
    });
  });
});

describe('the semantic of a batch', () => {
  const yes = question('user_jane', 'org_acme');
  const no = question('user_joe', 'org_acme', { action: MANAGE });
  const bad = { subject: null };
  const of = async (semantic: string | undefined, items: readonly object[]) => {
    const options = semantic === undefined ? { other: 1 } : { evaluations_semantic: semantic, other: 1 };
    const answered = (await evaluations({ evaluations: items, options })) as { decision: boolean }[];
    return answered.map(({ decision }) => decision);
  };

  it.each([
    [undefined, [yes, no, yes, bad], [true, false, true, false]],
    ['execute_all', [no, yes, bad, yes], [false, true, false, true]],
    ['deny_on_first_deny', [yes, yes, no, yes, no], [true, true, false]],
    ['deny_on_first_deny', [no, yes], [false]],
    ['deny_on_first_deny', [yes, bad, yes], [true, false]],
    ['deny_on_first_deny', [yes, yes], [true, true]],
    ['permit_on_first_permit', [no, bad, yes, no, yes], [false, false, true]],
    ['permit_on_first_permit', [yes, no], [true]],
    ['permit_on_first_permit', [no, no], [false, false]],
  ])('%s of %j ends where it is decided: %j', async (semantic, items, expected) => {
    expect(await of(semantic, items)).toEqual(expected);
  });
});

describe('a large batch', () => {
  const tiny = { resource: { type: 'd', id: '1' } };
  const of = (count: number) => ({
    subject: user('user_jane'),
    action: MEMBERS,
    context: { organization: 'org_acme' },
    evaluations: Array.from({ length: count }, () => tiny),
  });

  it('of a thousand is answered', async () => {
    expect(await evaluations(of(1_000))).toEqual(Array.from({ length: 1_000 }, () => ALLOWED));
  });

  it.each([1_001, 10_000])('of %i is refused as too many, not as too long', async (count) => {
    const { status, json } = await ask(MANY, of(count));
    expect(status).toBe(413);
    expect(json).toMatchObject({ error: { code: 'too_many_evaluations' } });
  });

  it('may be about a thousand different people and sessions', async () => {
    const items = Array.from({ length: 1_000 }, (_, index) => ({
      ...question(index === 999 ? 'user_jane' : `user_${index}`, 'org_acme'),
      context: { token: { session_id: `sess_${index}`, issued_at: Math.floor(Date.now() / 1_000) } },
    }));
    expect(await evaluations({ evaluations: items })).toEqual([
      ...Array.from({ length: 999 }, () => denied('not_a_member')),
      ALLOWED,
    ]);
  });
});

const drawn = fc.record({
  subject: fc.constantFrom(user('user_jane'), user('user_joe'), user('user_nobody'), {
    type: 'robot',
    id: 'r',
  }),
  action: fc.constantFrom(MEMBERS, MANAGE, { name: 'no:such:thing' }),
  resource: fc.constantFrom(
    organization('org_acme'),
    organization('org_other'),
    { type: 'document', id: 'doc_1' },
    { type: 'document', id: 'doc_1', properties: { organization: 'org_acme', owner: 'user_jane' } },
  ),
  context: fc.constantFrom({}, { organization: 'org_acme' }, { token: 'unreadable' }),
});

it('an item is answered as it is alone, wherever it stands', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(drawn, { minLength: 1, maxLength: 6 }), async (items) => {
      const alone = await Promise.all(items.map(async (item) => (await ask(ONE, item)).json));
      expect(await evaluations({ evaluations: items })).toEqual(alone);
      expect(await evaluations({ evaluations: items.toReversed() })).toEqual(alone.toReversed());
    }),
    { numRuns: 40 },
  );
});
