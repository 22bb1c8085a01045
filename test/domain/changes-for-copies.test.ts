import { describe, expect, test } from 'vitest';
import { decidePolicy } from '../../src/domain/decide/policy.ts';
import { acmeTold, grants, House, member, policy, role, second, user } from './support/house.ts';

// What is told to those who keep a copy: enough to come to the same answers when something else changes later.

const workspace = { scope: 'workspace' };
const active = policy({
  scopes: { workspace: false },
  roles: {
    viewer: grants(['see']),
    GUEST: grants(['enter'], workspace),
    HOST: grants(['enter'], { ...workspace, featured: { beta: ['clean'] } }),
  },
  readsOrganizations: true,
});
const inWorkspace = (key: string) => ({ scoped: { workspace: { ws_1: key }, project: { p1: key } } });

describe('a member', () => {
  test('is told of with roles in resources that the policy knows, and those alone', () => {
    const { changes } = House.under(active).hear(member('viewer', 0, inWorkspace('GUEST')));
    expect(changes).toMatchObject([
      { kind: 'granted', role: 'viewer', details: { scoped: { workspace: { ws_1: 'GUEST' } } } },
    ]);
    expect(changes[0]?.details.scoped).not.toHaveProperty('project');
  });

  test('whose role in a resource becomes another one that grants the same is told of all the same', () => {
    const house = House.under(active);
    house.hear(member('viewer', 0, inWorkspace('GUEST')));
    const { changes } = house.hear(member('viewer', 10, inWorkspace('HOST')));
    expect(changes).toMatchObject([
      { kind: 'granted', permissions: ['enter @workspace/ws_1', 'see'], cutoff: null },
    ]);
    house.hear(acmeTold(20, { features: ['beta'] }));
    expect(house.can()).toContain('clean @workspace/ws_1');
  });

  test('who holds nothing is told of as contested, for the roles may come to grant something', () => {
    const house = new House();
    house.hearAll(role('nobody', []), role('none', []), member('nobody', 0));
    expect(house.hear(member('none', 0, { told: 'updated' })).changes).toMatchObject([
      { kind: 'withheld', permissions: [], details: { contested: true, waiting: [{ role: 'none' }] } },
    ]);
  });

  test('is told of with the roles that wait for the provider’s word', () => {
    const house = new House();
    house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']), member('viewer', 0));
    const { changes } = house.hear(member('editor', 10), { now: 10_000 });
    expect(changes).toMatchObject([
      { kind: 'withheld', role: 'viewer', permissions: ['read'], details: { waiting: [{ role: 'editor' }] } },
    ]);
  });
});

describe('a user', () => {
  test('whose suspension is told when it is over is told of as restored, with the cutoff that it brought', () => {
    const house = new House();
    house.hearAll(role('viewer', ['read']), member('viewer', 0), user(40));
    expect(house.hear(user(20, { suspended: true })).changes).toMatchObject([
      { kind: 'restored', cutoff: { of: 'user', at: second(20) } },
    ]);
    expect(house.hear(user(20, { suspended: true })).changes).toEqual([]);
  });

  test('who is suspended once more is told of again, with the later cutoff', () => {
    const house = new House();
    house.hear(user(10, { suspended: true }));
    expect(house.hear(user(20, { suspended: true })).changes).toMatchObject([
      { kind: 'suspended', cutoff: { of: 'user', at: second(20) } },
    ]);
  });
});

describe('a role, an organization, a policy', () => {
  test('are told of with all that they grant, have on and reach', () => {
    const house = House.under(active);
    expect(house.hear(acmeTold(10, { features: ['beta'] })).changes).toMatchObject([
      { kind: 'features_changed', permissions: [], details: { features: ['beta'] } },
    ]);
    const { draft } = decidePolicy(
      house.store.tables,
      { ...active, scopes: { workspace: true } },
      second(20),
    );
    expect(draft.changes[0]).toMatchObject({
      kind: 'policy_changed',
      details: { scopes: { workspace: true }, unsure: 'resources' },
    });
    const other = { ...active, roles: { ...active.roles, HOST: grants(['enter'], workspace) } };
    expect(decidePolicy(house.store.tables, other, second(20)).draft.changes).toMatchObject([
      { kind: 'policy_changed' },
      { kind: 'role_changed', role: 'HOST', permissions: ['enter'], details: { scope: 'workspace' } },
    ]);
  });

  test('a policy by which others are the first members, or agents count, leaves nothing sure', () => {
    const { tables } = House.under(active).store;
    const unsureUnder = (more: Partial<typeof active>) =>
      decidePolicy(tables, { ...active, ...more }, second(20)).draft.changes[0]?.details.unsure;
    expect(unsureUnder({})).toBe('resources');
    expect(unsureUnder({ firstMembers: { role: 'viewer', count: 3 } })).toBe('everything');
    expect(unsureUnder({ readsOrganizations: false })).toBe('everything');
  });
});
