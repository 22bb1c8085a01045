import { describe, expect, test } from 'vitest';
import {
  acmeTold,
  grants,
  House,
  lookups,
  member,
  policy,
  removed,
  revocations,
  role,
} from './support/house.ts';

const roles = { founder: grants(['found']), viewer: grants(['see']), editor: grants(['edit', 'see']) };
const two = policy({ roles, firstMembers: { role: 'founder', count: 2 } });

/** Ada, Bob and Cyd, as viewers who joined in this order. */
const joined = (user: string, at: number, more: Parameters<typeof member>[2] = {}) =>
  member('viewer', at, { user, id: `mem_${user}`, created: at, ...more });

const three = () => {
  const house = House.under(two);
  house.hearAll(joined('ada', 1), joined('bob', 2), joined('cyd', 3));
  return house;
};

test('the first to join hold the role that the policy gives them, whatever the provider says', () => {
  const house = three();
  expect(['ada', 'bob', 'cyd'].map((user) => house.role(user))).toEqual(['founder', 'founder', 'viewer']);
  expect(house.can('ada')).toEqual(['found']);
  expect(house.can('cyd')).toEqual(['see']);
});

test('a change of their own role is nothing to them', () => {
  const house = three();
  const lost = house.hear(joined('ada', 1, { at: 1 }));
  expect(lost.verdict.outcome).toBe('stale');
  for (const [key, at] of [
    ['editor', 20],
    ['viewer', 30],
    ['unheard', 40],
  ] as const) {
    const decided = house.hear(member(key, at, { created: 1, id: 'mem_ada', list: ['read'] }));
    expect(revocations(decided)).toEqual([]);
    expect(decided.changes.filter(({ userId }) => userId !== null)).toEqual([]);
  }
  expect(house.can('ada')).toEqual(['found']);
  expect(house.accepts(2)).toBe(true);
});

test('it stays theirs when they leave and join again, and nobody moves up', () => {
  const house = three();
  house.hear(removed(20, { id: 'mem_ada', created: 1 }));
  expect(house.can('ada')).toBeNull();
  expect(house.role('cyd')).toBe('viewer');
  house.hear(joined('ada', 30, { id: 'mem_again' }));
  expect(house.role('ada')).toBe('founder');
  expect(house.role('cyd')).toBe('viewer');
});

test('of two who joined at once the one with the smaller id was first', () => {
  const house = House.under(policy({ roles, firstMembers: { role: 'founder', count: 1 } }));
  house.hearAll(joined('bob', 1), joined('Bob', 1), joined('ada', 1));
  expect(['Bob', 'ada', 'bob'].map((user) => house.role(user))).toEqual(['founder', 'viewer', 'viewer']);
});

describe('somebody who joined earlier and is heard of later', () => {
  test('displaces the last of the first, whose tokens are refused and sessions revoked', () => {
    const house = House.under(two);
    house.hearAll(joined('ada', 1), joined('cyd', 3));
    expect(house.can('cyd')).toEqual(['found']);
    const decided = house.hear(joined('bob', 2), { now: 50 });
    expect(decided.changes).toMatchObject([
      { kind: 'granted', userId: 'bob', role: 'founder', permissions: ['found'] },
      { kind: 'reduced', userId: 'cyd', role: 'viewer', permissions: ['see'], cutoff: { of: 'member' } },
    ]);
    expect(revocations(decided)).toMatchObject([{ userId: 'cyd' }]);
    expect(house.can('cyd')).toEqual(['see']);
    expect(house.accepts(2, 'cyd')).toBe(false);
    expect(house.accepts(3, 'cyd')).toBe(true);
    expect(house.accepts(2, 'ada')).toBe(true);
  });

  test('signs nobody out who loses nothing by it', () => {
    const above = { ...roles, viewer: grants(['found', 'see']) };
    const house = House.under(policy({ roles: above, firstMembers: { role: 'founder', count: 1 } }));
    house.hear(joined('cyd', 3));
    const decided = house.hear(joined('bob', 2), { now: 50 });
    expect(decided.changes).toMatchObject([
      { userId: 'bob' },
      { kind: 'granted', userId: 'cyd', cutoff: null },
    ]);
    expect(revocations(decided)).toEqual([]);
    expect(house.accepts(3, 'cyd')).toBe(true);
  });

  test('displaces also by having left already, told by the deletion alone', () => {
    const house = House.under(two);
    house.hearAll(joined('ada', 1), joined('cyd', 3));
    const decided = house.hear(removed(40, { id: 'mem_bob', created: 2, user: 'bob' }));
    expect(decided.changes).toContainEqual(expect.objectContaining({ kind: 'reduced', userId: 'cyd' }));
    expect(house.role('cyd')).toBe('viewer');
    expect(house.can('bob')).toBeNull();
  });

  test('displaces at once when the news is late, and is a member only with the provider’s word', () => {
    const house = House.under(two);
    house.hearAll(joined('ada', 1), joined('cyd', 3));
    const late = house.hear(joined('bob', 2), { now: 400 });
    expect(late.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(lookups(late)).toContain('lookup_member');
    expect(house.can('bob')).toBeNull();
    expect(house.role('cyd')).toBe('viewer');
    house.hear(joined('bob', 2, { told: 'observed', at: 401 }));
    expect(house.role('bob')).toBe('founder');
  });

  test('leaves the displaced the cutoff of the role that they lose', () => {
    const house = House.under(policy({ ...two, extendsProvider: true }));
    house.hearAll(role('founder', ['sign']), joined('ada', 1), joined('cyd', 3));
    house.hear(role('founder', [], 30));
    expect(house.accepts(30, 'cyd')).toBe(false);
    house.hear(joined('bob', 2), { now: 50 });
    expect(house.role('cyd')).toBe('viewer');
    expect(house.accepts(30, 'cyd')).toBe(false);
    expect(house.accepts(40, 'cyd')).toBe(true);
  });

  test('leaves the displaced no token from before their own role lost something, which nobody looked at', () => {
    const house = House.under(policy({ ...two, extendsProvider: true }));
    house.hearAll(role('guest', ['read']), joined('ada', 1));
    house.hear(member('guest', 3, { user: 'cyd', id: 'mem_cyd', created: 3 }));
    house.hear(member('viewer', 20, { user: 'cyd', id: 'mem_cyd', created: 3 }));
    expect(house.accepts(20, 'cyd')).toBe(true);
    house.hear(joined('bob', 2), { now: 50 });
    expect(house.accepts(20, 'cyd')).toBe(false);
    expect(house.accepts(21, 'cyd')).toBe(true);
  });

  test('is one decision with it: the row of the organization notices', () => {
    const house = House.under(two);
    house.hear(joined('ada', 1));
    const { organizations } = house.store.tables;
    const before = organizations.get('acme');
    house.hear(joined('bob', 2));
    expect(organizations.get('acme')).not.toBe(before);
    const full = organizations.get('acme');
    house.hear(joined('cyd', 3));
    expect(organizations.get('acme')).toBe(full);
  });
});

describe('an earlier life that is heard of later', () => {
  test('makes its member one of the first, since nothing can have undone that', () => {
    const house = House.under(two);
    house.hearAll(joined('ada', 1), joined('bob', 2), joined('cyd', 30));
    const decided = house.hear(joined('cyd', 0, { id: 'mem_before' }), { now: 900 });
    expect(decided.verdict).toEqual({ outcome: 'stale', reason: 'superseded' });
    expect(house.role('cyd')).toBe('founder');
    expect(house.role('bob')).toBe('viewer');
  });

  test('cuts them off where the role of the first allows less than their own', () => {
    const house = House.under(two);
    house.hearAll(joined('ada', 1), joined('bob', 2), joined('cyd', 30));
    house.hear(removed(20, { id: 'mem_before', created: 0, user: 'cyd' }), { now: 40 });
    expect(house.can('cyd')).toEqual(['found']);
    expect(house.accepts(20, 'cyd')).toBe(false);
  });
});

describe('what waits for the provider’s word', () => {
  test('waits as well where the role of the first hides that it would give something', () => {
    const house = three();
    house.hear(joined('bob', 2, { told: 'observed', at: 10 }));
    const late = house.hear(member('editor', 20, { user: 'bob', id: 'mem_bob', created: 2 }), { now: 400 });
    expect(late.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(house.can('bob')).toEqual(['found']);
    house.hear(joined('eve', 0));
    expect(house.can('bob')).toEqual(['see']);
  });
});

test('an agent or a feature of the organization is not touched by who joins first', () => {
  const house = House.under(policy({ ...two, readsOrganizations: true }));
  house.hear(acmeTold(0, { told: 'created', features: ['beta'], agents: { bot: ['search'] } }));
  house.hearAll(joined('cyd', 3), joined('ada', 1), joined('bob', 2));
  expect(house.store.tables.organizations.get('acme')).toMatchObject({
    name: 'Acme',
    features: ['beta'],
    agents: { bot: ['search'] },
  });
});

describe('another policy', () => {
  test('that knows no first members refuses the tokens of those who were, also where their own role grants nothing', () => {
    const house = House.under(two);
    house.hear(role('guest', []));
    house.hear(member('guest', 1, { created: 1 }));
    expect(house.can()).toEqual(['found']);
    house.store.activate(policy({ roles }), joined('x', 50).version.at);
    expect(house.can()).toEqual([]);
    expect(house.accepts(50)).toBe(false);
    expect(house.accepts(51)).toBe(true);
  });

  test('refuses them too where nothing is known yet of their own role', () => {
    const house = House.under(two);
    house.hear(member('unheard', 1, { created: 1 }));
    house.store.activate(policy({ roles }), joined('x', 50).version.at);
    expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
  });

  test('that makes the first members another role refuses what their own role granted until then', () => {
    const house = House.under(policy({ roles }));
    house.hear(joined('ada', 1));
    house.store.activate(two, joined('x', 50).version.at);
    expect(house.can()).toEqual(['found']);
    expect(house.accepts(50)).toBe(false);
  });
});
