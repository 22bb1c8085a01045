import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOWED, asker, denied, MANY, ONE, question, within } from './support/authzen.ts';
import { type Answer, READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const LIMITED = 'limited-secret';
const MEMBERS = 'org:sys_memberships:read';
const MANAGE = 'org:sys_memberships:manage';

let rolecall: Running;
let ask: ReturnType<typeof asker>;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} tenant@org_acme:${LIMITED}` },
  });
  ask = asker(rolecall.url);
  const { clerk } = rolecall;
  for (const id of ['user_jane', 'user_joe', 'user_banned']) clerk.createUser({ id });
  for (const id of ['org_acme', 'org_other']) clerk.createOrganization({ id });
  clerk.addMember('org_acme', 'user_jane', 'org:member');
  clerk.addMember('org_acme', 'user_banned', 'org:admin');
  clerk.addMember('org_other', 'user_joe', 'org:admin');
  clerk.banUser('user_banned');
  for (const event of clerk.outbox) await rolecall.post(event.body, { id: event.id });
});
afterAll(() => rolecall.stop());

const tell = async (change: () => unknown) => {
  change();
  return rolecall.post(rolecall.clerk.outbox.at(-1)?.body ?? '');
};

const decided = async (body: unknown, path = ONE): Promise<unknown> => {
  const { status, json } = await ask(path, body);
  expect(status).toBe(200);
  return json;
};

describe('an answer', () => {
  it('is what the provider said last, and its header names the revision it contains', async () => {
    const { status, json, headers } = await ask(ONE, question('user_jane', 'org_acme'));
    expect([status, json]).toEqual([200, ALLOWED]);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    const { revision } = await rolecall.member('org_acme', 'user_jane');
    expect(headers.get('rolecall-revision')).toBe(String(revision));
  });

  it.each([
    ['a permission the role lacks', 'user_jane', 'org_acme', MANAGE, 'missing_permission'],
    ['a member of another organization', 'user_joe', 'org_acme', MEMBERS, 'not_a_member'],
    ['a user nobody knows', 'user_nobody', 'org_acme', MEMBERS, 'not_a_member'],
    ['an organization nobody knows', 'user_jane', 'org_nowhere', MEMBERS, 'not_a_member'],
    ['a banned admin', 'user_banned', 'org_acme', MEMBERS, 'suspended'],
  ])('says no with a reason: %s', async (_, user, organization, permission, reason) => {
    const asked = question(user, organization, { action: { name: permission } });
    expect(await decided(asked)).toEqual(denied(reason));
    expect(await decided(asked, MANY)).toEqual(denied(reason));
  });

  it('follows a promotion, a downgrade and a removal at once', async () => {
    const { clerk } = rolecall;
    clerk.createUser({ id: 'user_moving' });
    const manages = () => decided(question('user_moving', 'org_acme', { action: { name: MANAGE } }));
    expect(await manages()).toEqual(denied('not_a_member'));
    await tell(() => clerk.addMember('org_acme', 'user_moving', 'org:member'));
    expect(await manages()).toEqual(denied('missing_permission'));
    await tell(() => clerk.changeRole('org_acme', 'user_moving', 'org:admin'));
    expect(await manages()).toEqual(ALLOWED);
    await tell(() => clerk.changeRole('org_acme', 'user_moving', 'org:member'));
    expect(await manages()).toEqual(denied('missing_permission'));
    await tell(() => clerk.removeMember('org_acme', 'user_moving'));
    expect(await manages()).toEqual(denied('not_a_member'));
  });

  it('is no while two roles claim the same moment', async () => {
    const { clerk } = rolecall;
    clerk.createUser({ id: 'user_torn' });
    clerk.addMember('org_acme', 'user_torn', 'org:member');
    const added = clerk.outbox.at(-1)?.body ?? '';
    await rolecall.post(added);
    const { timestamp } = JSON.parse(added) as { timestamp: number };
    clerk.changeRole('org_acme', 'user_torn', 'org:admin');
    const moved = clerk.outbox.at(-1);
    await rolecall.post((moved?.body ?? '').replaceAll(String(moved?.at), String(timestamp)));
    expect(await decided(question('user_torn', 'org_acme'))).toEqual(denied('contested'));
  });

  it('is the same however often it is asked for', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => decided(question('user_jane', 'org_acme'))),
    );
    expect(new Set(answers.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(ALLOWED)]));
  });
});

describe('what the asker says about the subject', () => {
  const claims = {
    role: 'org:admin',
    roles: ['org:admin', { role: 'org:admin' }],
    permissions: [MANAGE],
    grants: [{ permission: MANAGE }],
    member: true,
    admin: true,
    acting_for: 'user_banned',
  };

  it('is not believed, wherever it stands', async () => {
    const asked = {
      ...question('user_jane', 'org_acme'),
      subject: { type: 'user', id: 'user_jane', ...claims, properties: claims },
      action: { name: MANAGE, ...claims, properties: claims },
      resource: { type: 'organization', id: 'org_acme', ...claims, properties: claims },
      context: { ...claims, subject: { type: 'user', id: 'user_banned' } },
      ...claims,
    };
    expect(await decided(asked)).toEqual(denied('missing_permission'));
    expect(await decided({ evaluations: [asked] }, MANY)).toEqual({
      evaluations: [denied('missing_permission')],
    });
    expect(await decided({ ...asked, subject: { ...asked.subject, id: 'user_joe' } })).toEqual(
      denied('not_a_member'),
    );
  });

  it('and what is not known is ignored', async () => {
    const asked = {
      ...question('user_jane', 'org_acme'),
      subject: { type: 'user', id: 'user_jane', properties: { ip_address: '::1', acting_for: 7 } },
      context: { time: '1985-10-26T01:22-07:00', nested: { deep: [null] } },
      evaluations: 'not looked at here',
      futureField: { nested: true },
    };
    expect(await decided(asked)).toEqual(ALLOWED);
  });
});

describe('the organization', () => {
  const document = (properties: object) => ({ type: 'document', id: 'doc_1', properties });

  it.each([
    ['the path', within('org_acme', ONE), { resource: document({}) }],
    ['a resource that is one', ONE, { resource: { type: 'organization', id: 'org_acme' } }],
    ['a property of the resource', ONE, { resource: document({ organization: 'org_acme' }) }],
    ['the context', ONE, { resource: document({}), context: { organization: 'org_acme' } }],
    [
      'all of them',
      within('org_acme', ONE),
      {
        resource: { type: 'organization', id: 'org_acme', properties: { organization: 'org_acme' } },
        context: { organization: 'org_acme' },
      },
    ],
    [
      'the scope that every member has',
      ONE,
      { resource: document({ scope: { type: 'organization', id: 'org_acme' } }) },
    ],
  ])('is named by %s', async (_, path, parts) => {
    expect(await decided(question('user_jane', 'org_acme', parts), path)).toEqual(ALLOWED);
  });

  it.each([
    ['path and resource', within('org_acme', ONE), { resource: { type: 'organization', id: 'org_other' } }],
    ['path and property', within('org_acme', ONE), { resource: document({ organization: 'org_other' }) }],
    [
      'path and context',
      within('org_acme', ONE),
      { resource: document({}), context: { organization: 'org_other' } },
    ],
    [
      'resource and its own property',
      ONE,
      { resource: { type: 'organization', id: 'org_acme', properties: { organization: 'org_other' } } },
    ],
    [
      'property and context',
      ONE,
      { resource: document({ organization: 'org_acme' }), context: { organization: 'org_other' } },
    ],
    [
      'property and scope',
      ONE,
      {
        resource: document({ organization: 'org_acme', scope: { type: 'organization', id: 'org_other' } }),
      },
    ],
    ['one and an empty one', within('org_acme', ONE), { resource: document({ organization: '' }) }],
  ])('is none where two are named, by %s', async (_, path, parts) => {
    expect(await decided(question('user_jane', 'org_acme', parts), path)).toEqual(
      denied('organization_conflict'),
    );
  });

  it('is asked for where nothing names it', async () => {
    expect(await decided(question('user_jane', '', { resource: document({}) }))).toEqual(
      denied('organization_missing'),
    );
  });

  it('of a path must be one that the provider could have made', async () => {
    for (const organization of ['%00', 'org%2facme', '-', '%ff', 'x'.repeat(192)]) {
      const { status, json } = await ask(within(organization, ONE), question('user_jane', 'org_acme'));
      expect([status, json], organization).toMatchObject([400, { error: { code: 'invalid_identifier' } }]);
    }
  });
});

describe('a token of one organization', () => {
  const limited = { token: LIMITED };

  it('asks about that organization', async () => {
    const about = question('user_jane', 'org_acme');
    for (const path of [ONE, MANY, within('org_acme', ONE), within('org_acme', MANY)])
      expect(await ask(path, about, limited), path).toMatchObject({ status: 200, json: ALLOWED });
  });

  const refused = async (path: string, body: unknown): Promise<Answer> => {
    const answer = await ask(path, body, limited);
    expect(answer).toMatchObject({ status: 403, json: { error: { code: 'forbidden' } } });
    return answer;
  };

  it('asks about no other, be it there or not, and learns nothing from being refused', async () => {
    const answers = [
      await refused(ONE, question('user_joe', 'org_other')),
      await refused(ONE, question('user_joe', 'org_nowhere')),
      await refused(ONE, question('user_joe', '')),
      await refused(MANY, question('user_joe', 'org_other')),
      await refused(within('org_other', ONE), question('user_joe', 'org_other')),
      await refused(within('org_other', MANY), { evaluations: [question('user_joe', 'org_other')] }),
      await refused(within('org_other', MANY), { evaluations: [] }),
    ];
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ headers }) => headers.get('rolecall-revision'))).toEqual(answers.map(() => null));
  });

  it('is not carried over by naming its own organization as well', async () => {
    const crossing = question('user_joe', 'org_other', { context: { organization: 'org_acme' } });
    expect((await ask(ONE, crossing, limited)).json).toEqual(denied('organization_conflict'));
    expect((await ask(within('org_acme', ONE), question('user_joe', 'org_other'), limited)).json).toEqual(
      denied('organization_conflict'),
    );
  });

  it('has the items of a batch denied that are about another one', async () => {
    const evaluations = [question('user_jane', 'org_acme'), question('user_joe', 'org_other')];
    const { status, json } = await ask(MANY, { evaluations }, limited);
    expect(status).toBe(200);
    expect(json).toEqual({
      evaluations: [
        ALLOWED,
        {
          decision: false,
          context: {
            reason: 'forbidden',
            error: { status: 403, message: 'This token may not read that organization.' },
          },
        },
      ],
    });
  });
});
