import { describe, expect, test } from 'vitest';
import clerkChat from '../../examples/clerk-chat/policy.ts';
import cstar from '../../examples/cstar/policy.ts';
import { compilePolicy } from '../../src/policy/compile-policy.ts';
import { resolvePolicy } from '../../src/policy/resolve-policy.ts';
import { grants, House, lookups, member, policy, revocations, role, second } from './support/house.ts';

const roles = { viewer: grants(['see own']), editor: grants(['see', 'edit']), payer: grants(['pay']) };
const replacing = policy({ roles });
const extending = policy({ roles, extendsProvider: true });

const deleted = (key: string, at: number) =>
  ({ kind: 'role-deleted', id: `role_${key}`, at: second(at) }) as const;

describe('a policy that replaces the provider’s roles', () => {
  test('grants what it says, whatever the provider says of them', () => {
    const house = House.under(replacing);
    house.hearAll(role('editor', ['read', 'write']), member('editor', 0, { list: ['read', 'write'] }));
    expect(house.can()).toEqual(['edit', 'see']);
    expect(house.hear(role('editor', ['read'], 30)).changes).toEqual([]);
    expect(house.accepts(1)).toBe(true);
  });

  test('grants nothing to a role it does not know, whose members are members all the same', () => {
    const house = House.under(replacing);
    house.hearAll(role('guest', ['read']), member('guest', 0, { list: ['read'] }));
    expect(house.can()).toEqual([]);
    expect(house.role()).toBe('guest');
  });

  test('grants nothing to a role that the provider has deleted', () => {
    const house = House.under(replacing);
    house.hearAll(role('editor', []), member('editor', 0));
    const { changes } = house.hear(deleted('editor', 20));
    expect(changes).toMatchObject([{ kind: 'role_changed', role: 'editor', permissions: [] }]);
    expect(house.can()).toEqual([]);
    expect(house.accepts(20)).toBe(false);
  });

  test('grants it again when the provider makes another role of that name, unless that is late news', () => {
    const house = House.under(replacing);
    house.hearAll(role('editor', []), member('editor', 0), deleted('editor', 20));
    const again = role('editor', [], 30, { id: 'role_second', created: 30 });
    const late = house.hear(again, { now: 400 });
    expect(late.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(lookups(late)).toEqual(['lookup_roles']);
    expect(house.hear(again, { now: 400, repeated: true }).verdict.outcome).toBe('held');
    expect(house.can()).toEqual([]);
    house.hear(role('editor', [], 30, { id: 'role_second', created: 30, told: 'observed', at: 401 }));
    expect(house.can()).toEqual(['edit', 'see']);
  });

  test('is not believed to have been granted by late news, and is cut off all the same', () => {
    const house = House.under(replacing);
    house.hearAll(role('editor', []), member('viewer', 0), deleted('editor', 20));
    house.hear(role('editor', [], 30, { id: 'role_second', created: 30 }), { now: 400 });
    house.hear(member('viewer', 50));
    const missed = house.hear(member('editor', 40), { now: 401 });
    expect(missed.verdict.outcome).toBe('stale');
    expect(revocations(missed)).toEqual([]);
    expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
  });

  test('knows a renamed role by its new name, also for those who were told of before', () => {
    const house = House.under(replacing);
    house.hearAll(role('editor', []), member('editor', 0));
    house.hear(role('payer', [], 20, { id: 'role_editor' }));
    expect(house.can()).toEqual(['pay']);
    expect(house.accepts(20)).toBe(false);
    house.hear(member('payer', 30));
    expect(house.can()).toEqual(['pay']);
  });

  test('refuses tokens from before a new name to whoever is first told of by it, and was not changed since', () => {
    const house = House.under(replacing);
    house.hearAll(role('editor', []), member('editor', 0));
    house.hear(member('payer', 0, { told: 'observed', at: 40 }));
    house.hear(role('payer', [], 30, { id: 'role_editor' }), { now: 50 });
    expect(house.can()).toEqual(['pay']);
    expect(house.accepts(30)).toBe(false);
  });

  test('asks for the roles when two names of one moment contradict each other', () => {
    const house = House.under(replacing);
    house.hearAll(role('viewer', []), role('payer', [], 20, { id: 'role_viewer' }));
    const decided = house.hear(role('editor', [], 20, { id: 'role_viewer' }));
    expect(decided.verdict).toEqual({ outcome: 'held', reason: 'contested' });
    expect(lookups(decided)).toEqual(['lookup_roles']);
  });

  test('waits for the provider’s word when late news of a name would give something', () => {
    const house = House.under(replacing);
    house.hearAll(role('viewer', []), member('viewer', 0));
    const late = house.hear(role('editor', [], 20, { id: 'role_viewer' }), { now: 400 });
    expect(late.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(house.can()).toEqual(['see own']);
    house.hear(role('editor', [], 20, { id: 'role_viewer', told: 'observed', at: 401 }));
    expect(house.can()).toEqual(['edit', 'see']);
  });

  test('waits as well for whoever holds by that name already, however often it is told', () => {
    const house = House.under(replacing);
    house.hearAll(role('viewer', []), member('viewer', 0), role('payer', [], 5, { created: 5 }));
    house.hear(deleted('viewer', 10));
    const renamed = role('viewer', [], 20, { id: 'role_payer', created: 5 });
    for (const heard of [{ now: 400 }, { now: 401 }, { now: 402, repeated: true }]) {
      expect(house.hear(renamed, heard).verdict.outcome).toBe('held');
      expect(house.can()).toEqual([]);
    }
    house.hear(role('viewer', [], 20, { id: 'role_payer', created: 5, told: 'observed', at: 403 }));
    expect(house.can()).toEqual(['see own']);
  });

  test('takes away at once what late news of a name takes away', () => {
    const house = House.under(replacing);
    house.hearAll(role('editor', []), member('editor', 0));
    house.hear(role('viewer', [], 20, { id: 'role_editor' }), { now: 400 });
    expect(house.can()).toEqual(['see own']);
  });
});

describe('a policy that extends the provider’s roles', () => {
  test('adds to what the provider grants, and leaves the others to it', () => {
    const house = House.under(extending);
    house.hearAll(role('editor', ['write']), member('editor', 0));
    house.hearAll(role('guest', ['read']), member('guest', 0, { user: 'bob', id: 'mem_bob' }));
    expect(house.can()).toEqual(['edit', 'see', 'write']);
    expect(house.can('bob')).toEqual(['read']);
  });

  test('loses with the provider’s role what the provider took from it, and nothing else', () => {
    const house = House.under(extending);
    house.hearAll(role('editor', ['write']), member('editor', 0));
    house.hear(role('editor', [], 30));
    expect(house.can()).toEqual(['edit', 'see']);
    expect(house.accepts(30)).toBe(false);
  });

  test('grants nothing through a role that was deleted, neither of its own nor of the provider', () => {
    const house = House.under(extending);
    house.hearAll(role('editor', ['write']), member('editor', 0), deleted('editor', 20));
    expect(house.can()).toEqual([]);
  });
});

describe('a condition', () => {
  test('that falls away is a gain, and invalidates nothing', () => {
    const house = House.under(replacing);
    house.hear(member('viewer', 0));
    const { changes, effects } = house.hear(member('editor', 20));
    expect(changes).toMatchObject([{ kind: 'granted', permissions: ['edit', 'see'], cutoff: null }]);
    expect(effects).not.toContainEqual(expect.objectContaining({ kind: 'revoke_sessions' }));
    expect(house.accepts(20)).toBe(true);
  });

  test('that is added is a loss', () => {
    const house = House.under(replacing);
    house.hear(member('editor', 0));
    const decided = house.hear(member('viewer', 20));
    expect(decided.changes).toMatchObject([{ kind: 'reduced', permissions: ['see own'] }]);
    expect(revocations(decided)).toHaveLength(1);
    expect(house.accepts(20)).toBe(false);
    expect(house.accepts(21)).toBe(true);
  });

  test('that falls away late waits, and one that is added late counts at once', () => {
    const house = House.under(replacing);
    house.hear(member('viewer', 0));
    expect(house.hear(member('editor', 20), { now: 400 }).verdict.outcome).toBe('held');
    expect(house.can()).toEqual(['see own']);
    house.hear(member('editor', 20, { told: 'observed', at: 401 }));
    house.hear(member('viewer', 410), { now: 900 });
    expect(house.can()).toEqual(['see own']);
  });
});

describe('the policies of the examples', () => {
  test('Clerk Chat: from Admin to Agent is a downgrade, although an agent may do what an admin may not', () => {
    const house = House.under(compilePolicy(resolvePolicy(clerkChat)));
    house.hear(member('org:admin', 0));
    const before = house.can() ?? [];
    const decided = house.hear(member('org:agent', 20));
    const after = house.can() ?? [];
    expect(after.filter((text) => !before.includes(text))).toContain('messages:send');
    expect(before.filter((text) => !after.includes(text))).toContain('billing:manage');
    expect(decided.changes).toMatchObject([{ kind: 'reduced', role: 'org:agent' }]);
    expect(revocations(decided)).toHaveLength(1);
    expect(house.accepts(20)).toBe(false);
  });

  test('cStar: going through all six roles cuts off those who lose something, and nobody else', () => {
    const compiled = compilePolicy(resolvePolicy(cstar));
    const keys = Object.keys(compiled.roles);
    const may = (key: string) => compiled.roles[key]?.grants ?? [];
    const loses = (from: string, to: string) => may(from).some((text) => !may(to).includes(text));
    for (const from of keys) {
      for (const to of keys) {
        const house = House.under(compiled);
        house.hear(member(from, 0, { list: ['org:sys_memberships:manage', 'org:sys_profile:manage'] }));
        const decided = house.hear(member(to, 20, { list: [] }));
        expect([from, to, house.accepts(20)]).toEqual([from, to, !loses(from, to)]);
        expect(revocations(decided)).toHaveLength(loses(from, to) ? 1 : 0);
      }
    }
    expect(loses('org:admin', 'org:owner')).toBe(false);
  });

  test('cStar: activating it cuts off the roles that lose by it, and no role that nobody told of', () => {
    const house = new House();
    house.hearAll(
      role('org:admin', ['org:sys_memberships:manage']),
      role('org:manager', []),
      member('org:admin', 0),
      member('org:manager', 0, { user: 'bob', id: 'mem_bob' }),
    );
    house.store.activate(compilePolicy(resolvePolicy(cstar)), second(100));
    expect(house.can()).toContain('manage_members');
    expect(house.accepts(99)).toBe(false);
    expect(house.accepts(101)).toBe(true);
    expect(house.can('bob')).toContain('export_data');
    expect(house.accepts(99, 'bob')).toBe(true);
  });
});

test('a name that was told too late to be believed, and is gone with its role, was in tokens all the same', () => {
  const house = House.under(replacing);
  house.hearAll(role('helper', []), role('viewer', []), member('helper', 0));
  house.hear(role('editor', [], 10, { id: 'role_helper' }), { now: 311 });
  expect(house.can()).toEqual([]);
  house.hear(member('viewer', 50), { now: 312 });
  house.hear({ kind: 'role-deleted', id: 'role_helper', at: second(51) }, { now: 313 });
  expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
});
