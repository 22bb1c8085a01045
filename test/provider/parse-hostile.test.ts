import { describe, expect, it } from 'vitest';
import { textLike } from '../support/matchers.ts';
import { parse } from './support.ts';

const NOW = Date.now();
const envelope = (type: unknown, data: unknown, over: object = {}) =>
  JSON.stringify({ object: 'event', type, timestamp: NOW, instance_id: 'ins_1', data, ...over });
const membership = (over: object = {}) => ({
  id: 'orgmem_1',
  role: 'org:member',
  permissions: [],
  organization: { id: 'org_1' },
  public_user_data: { user_id: 'user_1' },
  created_at: NOW,
  updated_at: NOW,
  ...over,
});
const user = (over: object = {}) => ({ id: 'user_1', banned: false, updated_at: NOW, ...over });

const IDS: [string, unknown][] = [
  ['a quote', "user'; drop table rolecall.users; --"],
  ['a double quote', 'user_"1"'],
  ['NUL', 'user_\u0000'],
  ['half a surrogate pair', 'user_\ud83d'],
  ['an emoji', 'user_🙂'],
  ['10 kB', `user_${'x'.repeat(10_000)}`],
  ['a slash', 'user/1'],
  ['a dot segment', '..'],
  ['a line break', 'user_1\n'],
  ['a space', ' user_1'],
  ['nothing', ''],
  ['a number', 1],
  ['an array', ['user_1']],
  ['an object', { toString: 'user_1' }],
  ['null', null],
  ['true', true],
];

describe('an id that is not one', () => {
  it.each(IDS)('(%s) fails the event and names nobody', (_, id) => {
    const named = { ...membership(), public_user_data: { user_id: id } };
    for (const type of ['organizationMembership.created', 'organizationMembership.updated']) {
      expect(parse(envelope(type, named))).toMatchObject({
        type,
        organizationId: 'org_1',
        userId: null,
        content: { kind: 'malformed', problem: 'malformed data.public_user_data.user_id', questions: [] },
      });
    }
    expect(parse(envelope('user.updated', user({ id })))).toMatchObject({
      userId: null,
      content: { kind: 'malformed', problem: 'malformed data.id', questions: [] },
    });
    for (const type of ['user.deleted', 'organization.deleted', 'role.deleted', 'session.ended']) {
      expect(parse(envelope(type, { id, user_id: 'user_1' })).content.kind, type).toBe('malformed');
    }
  });

  it.each(IDS)('(%s) is no role, no permission and no organization either', (_, id) => {
    const broken = [
      membership({ id }),
      membership({ role: id }),
      membership({ permissions: ['org:a:b', id] }),
      membership({ organization: { id } }),
    ];
    for (const data of broken) {
      const { content } = parse(envelope('organizationMembership.created', data));
      expect(content.kind).toBe('malformed');
    }
  });
});

describe('an event that names a member and cannot be read', () => {
  const lookup = [{ kind: 'lookup_member', organizationId: 'org_1', userId: 'user_1' }];

  it.each<[string, object]>([
    ['a role that is none', { role: 'org member' }],
    ['no role', { role: null }],
    ['permissions that are no list', { permissions: 'org:a:b' }],
    ['a time that is text', { updated_at: '2026-01-01' }],
    ['a time before all times', { updated_at: -1 }],
    ['a time after all times', { created_at: 1e300 }],
    ['an id that is none', { id: {} }],
  ])('asks the provider about that member: %s', (_, over) => {
    const { content, organizationId, userId } = parse(
      envelope('organizationMembership.updated', membership(over)),
    );
    expect(content).toMatchObject({ kind: 'malformed', questions: lookup });
    expect({ organizationId, userId }).toEqual({ organizationId: 'org_1', userId: 'user_1' });
  });

  it('asks also where its envelope is what cannot be read', () => {
    for (const over of [{ timestamp: 'yesterday' }, { timestamp: undefined }, { instance_id: 'no id' }]) {
      const delivery = parse(envelope('organizationMembership.deleted', membership(), over));
      expect(delivery).toMatchObject({
        type: 'organizationMembership.deleted',
        organizationId: 'org_1',
        userId: 'user_1',
        content: { kind: 'malformed', questions: lookup },
      });
    }
  });

  it('asks about a user whose ban cannot be read', () => {
    const { content, userId } = parse(envelope('user.updated', user({ banned: 'yes' })));
    expect(userId).toBe('user_1');
    expect(content).toMatchObject({
      kind: 'malformed',
      problem: 'malformed data.banned',
      questions: [{ kind: 'lookup_user', userId: 'user_1' }],
    });
  });

  it('asks for the roles when a role or a permission cannot be read', () => {
    for (const type of ['role.updated', 'role.deleted', 'permission.updated', 'permission.deleted']) {
      const { content } = parse(envelope(type, { id: null }));
      expect(content, type).toMatchObject({ kind: 'malformed', questions: [{ kind: 'lookup_roles' }] });
    }
  });

  it('says where the problem lies and nothing of what was there', () => {
    const { content } = parse(
      envelope('organizationMembership.created', membership({ role: 'VALUE CANARY', 'KEY CANARY': 1 })),
    );
    expect(JSON.stringify(content)).not.toContain('CANARY');
    expect(content).toMatchObject({ problem: 'malformed data.role' });
  });
});

describe('a type that is not known', () => {
  it.each([
    'email.created',
    'sms.created',
    'billing.updated',
    'organizationMembership.exploded',
    'constructor',
  ])('is kept by name only: %s', (type) => {
    const { body: _, ...kept } = parse(envelope(type, { body: 'CODE-CANARY', ...membership() }));
    expect(kept).toMatchObject({
      type,
      at: NOW,
      organizationId: null,
      userId: null,
      content: { kind: 'unknown' },
    });
    expect(JSON.stringify(kept)).not.toContain('CANARY');
  });

  it('stays unknown when its envelope is broken: a one-time code is not kept for that', () => {
    for (const over of [{ timestamp: null }, { timestamp: 'now' }, { instance_id: 'no id' }]) {
      const { content } = parse(envelope('email.created', { body: '123456' }, over));
      expect(content).toEqual({ kind: 'unknown' });
    }
  });

  it.each([
    ['too long', `a${'b'.repeat(100)}`],
    ['with a line break', 'user.created\n'],
    ['with NUL', 'user\u0000created'],
    ['empty', ''],
    ['a list', ['user.created']],
  ])('is no type at all when it is %s', (_, type) => {
    expect(parse(envelope(type, user()))).toMatchObject({
      type: null,
      content: { kind: 'malformed', problem: 'malformed type' },
    });
  });
});

describe('words for people', () => {
  it('never keep a permission from being taken away', () => {
    const role = {
      id: 'role_1',
      key: 'org:editor',
      name: 'Edi\u0000tor \ud83d',
      description: `\udc00 fine: 🙂 ${'x'.repeat(10_000)}`,
      permissions: [],
      created_at: NOW,
      updated_at: NOW,
    };
    const { content } = parse(envelope('role.updated', role));
    expect(content).toMatchObject({
      kind: 'evidence',
      evidence: [{ name: 'Edi\ufffdtor \ufffd', description: textLike(/^\ufffd fine: 🙂 x+$/) }],
    });
  });
});

describe('times', () => {
  it('are whole milliseconds, and none that no calendar has', () => {
    const at = (timestamp: unknown) => parse(envelope('user.deleted', user(), { timestamp })).at;
    expect(at(1_716_883_200)).toBe(1_716_883_200_000);
    expect(at(1_716_883_200.5)).toBe(1_716_883_200_500);
    expect(at(1_716_883_200_000)).toBe(1_716_883_200_000);
    expect(at(1_716_883_200_000.7)).toBe(1_716_883_200_000);
    expect(at(0)).toBe(0);
    for (const none of [-1, 1e300, 8_640_000_000_000_001, '1716883200', null, [], true]) {
      expect(at(none), JSON.stringify(none)).toBeNull();
    }
  });
});
