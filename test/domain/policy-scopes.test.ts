import { describe, expect, test } from 'vitest';
import type { CompiledPolicy } from '../../src/domain/compiled-policy.ts';
import { grants, House, lookups, member, policy, revocations } from './support/house.ts';

const workspace = { scope: 'workspace' };
const roles = {
  viewer: grants(['see']),
  editor: grants(['enter', 'see']),
  ADMIN: grants(['enter', 'furnish'], workspace),
  GUEST: grants(['enter own'], workspace),
};
const apart = policy({ roles, scopes: { workspace: false } });
const reaching = policy({ roles, scopes: { workspace: true } });

const inWorkspaces = (scoped: Readonly<Record<string, string>>) => ({ scoped: { workspace: scoped } });

const houseWith = (active: CompiledPolicy, scoped: Readonly<Record<string, string>>) => {
  const house = House.under(active);
  house.hear(member('viewer', 0, inWorkspaces(scoped)));
  return house;
};

describe('a role in a resource', () => {
  test('grants there, and nowhere else', () => {
    const house = houseWith(apart, { ws_1: 'ADMIN', ws_2: 'GUEST' });
    expect(house.can()).toEqual([
      'enter @workspace/ws_1',
      'enter own @workspace/ws_2',
      'furnish @workspace/ws_1',
      'see',
    ]);
  });

  test('grants nothing when it is a role of the organization, unknown, or in a resource of an unknown type', () => {
    const house = House.under(apart);
    const scoped = {
      workspace: { ws_1: 'editor', ws_2: 'OWNER' },
      project: { p1: 'ADMIN' },
      organization: { acme: 'editor' },
    };
    house.hear(member('viewer', 0, { scoped }));
    expect(house.can()).toEqual(['see']);
  });

  test('grants nothing without a policy', () => {
    const house = new House();
    house.hear(member('viewer', 0, { list: ['read'], scoped: { organization: { acme: 'viewer' } } }));
    expect(house.can()).toEqual(['read']);
  });

  test('grants nothing in the organization', () => {
    const house = House.under(apart);
    house.hear(member('ADMIN', 0));
    expect(house.can()).toEqual([]);
  });

  test.each([
    ['taken away', {}],
    ['lowered', { ws_1: 'GUEST' }],
    ['given in another resource instead', { ws_2: 'ADMIN' }],
    ['replaced by an unknown one', { ws_1: 'OWNER' }],
  ])('is a loss when it is %s', (_, after) => {
    const house = houseWith(apart, { ws_1: 'ADMIN' });
    const decided = house.hear(member('viewer', 20, inWorkspaces(after)));
    expect(decided.changes).toMatchObject([{ kind: 'reduced' }]);
    expect(revocations(decided)).toHaveLength(1);
    expect(house.accepts(20)).toBe(false);
    expect(house.accepts(21)).toBe(true);
  });

  test.each([
    ['raised', { ws_1: 'ADMIN' }],
    ['given in one more', { ws_1: 'GUEST', ws_2: 'GUEST' }],
  ])('is no loss when it is %s', (_, after) => {
    const house = houseWith(apart, { ws_1: 'GUEST' });
    const decided = house.hear(member('viewer', 20, inWorkspaces(after)));
    expect(decided.changes).toMatchObject([{ kind: 'granted', cutoff: null }]);
    expect(house.accepts(1)).toBe(true);
  });

  test('is a loss too when a snapshot from before tells of one that nobody knew of', () => {
    const house = houseWith(apart, {});
    house.hear(member('viewer', 30, inWorkspaces({})));
    const decided = house.hear(member('viewer', 10, inWorkspaces({ ws_1: 'ADMIN' })), { now: 31 });
    expect(decided.verdict.outcome).toBe('stale');
    expect(house.can()).toEqual(['see']);
    expect(house.accepts(30)).toBe(false);
  });
});

describe('an organization role that reaches into all resources', () => {
  test('grants in every one of them', () => {
    const house = House.under(reaching);
    house.hear(member('editor', 0, inWorkspaces({ ws_1: 'ADMIN' })));
    expect(house.can()).toEqual([
      'enter',
      'enter @workspace/*',
      'enter @workspace/ws_1',
      'furnish @workspace/ws_1',
      'see',
      'see @workspace/*',
    ]);
  });

  test('makes the loss of a role there none where it grants the same', () => {
    const house = House.under(reaching);
    house.hear(member('editor', 0, inWorkspaces({ ws_1: 'GUEST' })));
    const decided = house.hear(member('editor', 20, inWorkspaces({})));
    expect(revocations(decided)).toEqual([]);
    expect(house.accepts(20)).toBe(true);
  });

  test('is lost in all of them at once', () => {
    const house = House.under(reaching);
    house.hear(member('editor', 0));
    const decided = house.hear(member('viewer', 20, inWorkspaces({ ws_1: 'ADMIN' })));
    expect(decided.changes).toMatchObject([{ kind: 'reduced' }]);
    expect(house.accepts(20)).toBe(false);
  });
});

describe('two snapshots of one version', () => {
  test('that differ in a resource leave no access until the provider answers', () => {
    const house = houseWith(apart, { ws_1: 'ADMIN' });
    const decided = house.hear(member('viewer', 0, inWorkspaces({ ws_1: 'GUEST' })));
    expect(decided.verdict).toEqual({ outcome: 'held', reason: 'contested' });
    expect(lookups(decided)).toContain('lookup_member');
    expect(house.can()).toEqual([]);
    house.hear(member('viewer', 0, { ...inWorkspaces({ ws_1: 'GUEST' }), told: 'observed', at: 30 }));
    expect(house.can()).toEqual(['enter own @workspace/ws_1', 'see']);
  });

  test('that say the same in another order are the same', () => {
    const house = houseWith(apart, { ws_1: 'ADMIN', ws_2: 'GUEST' });
    const again = house.hear(member('viewer', 0, inWorkspaces({ ws_2: 'GUEST', ws_1: 'ADMIN' })));
    expect(again.verdict).toEqual({ outcome: 'stale', reason: 'already_known' });
  });
});

describe('late news of resources', () => {
  test('gives nothing before the provider’s word, and takes away at once', () => {
    const house = houseWith(apart, { ws_1: 'GUEST', ws_2: 'ADMIN' });
    const decided = house.hear(member('viewer', 20, inWorkspaces({ ws_1: 'ADMIN', ws_3: 'ADMIN' })), {
      now: 400,
    });
    expect(decided.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(house.can()).toEqual(['enter own @workspace/ws_1', 'see']);
    expect(house.accepts(20)).toBe(false);
    house.hear(
      member('viewer', 20, { ...inWorkspaces({ ws_1: 'ADMIN', ws_3: 'ADMIN' }), told: 'observed', at: 401 }),
    );
    expect(house.can()).toContain('furnish @workspace/ws_3');
  });

  test('is held to what reaches there anyway', () => {
    const house = House.under(reaching);
    house.hear(member('editor', 0, inWorkspaces({ ws_1: 'GUEST' })));
    house.hear(member('editor', 20, inWorkspaces({ ws_2: 'ADMIN' })), { now: 400 });
    expect(house.can()).toContain('enter own @workspace/ws_1');
    expect(house.can()).not.toContain('furnish @workspace/ws_2');
  });

  test('waits also where only a later policy would make something of it', () => {
    const house = new House();
    house.hear(member('viewer', 0, { list: ['read'] }));
    const late = house.hear(member('viewer', 20, { list: ['read'], ...inWorkspaces({ ws_1: 'ADMIN' }) }), {
      now: 400,
    });
    expect(late.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(house.can()).toEqual(['read']);
    house.store.activate(apart, 1);
    expect(house.can()).toEqual(['see']);
    house.hear(member('viewer', 20, { ...inWorkspaces({ ws_1: 'ADMIN' }), told: 'observed', at: 401 }));
    expect(house.can()).toContain('furnish @workspace/ws_1');
  });
});

test('whoever leaves a role in a resource takes its cutoff along', () => {
  const house = houseWith(apart, { ws_1: 'ADMIN' });
  const narrower = { ...roles, ADMIN: grants(['enter'], workspace) };
  house.store.activate({ ...apart, roles: narrower }, member('viewer', 50).version.at);
  expect(house.accepts(50)).toBe(false);
  house.hear(member('viewer', 10, inWorkspaces({})), { now: 60 });
  expect(house.accepts(50)).toBe(false);
  expect(house.accepts(61)).toBe(true);
});
