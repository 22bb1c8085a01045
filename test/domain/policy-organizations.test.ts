import { describe, expect, test } from 'vitest';
import { acmeTold, grants, House, lookups, member, policy, second } from './support/house.ts';

const active = policy({
  readsOrganizations: true,
  roles: {
    viewer: grants(['see own'], { featured: { beta: ['see'] } }),
    editor: grants(['edit'], { featured: { toString: ['print'] } }),
  },
});

const acme = (features: readonly string[] = []) => {
  const house = House.under(active);
  house.hearAll(acmeTold(0, { told: 'created', features }), member('viewer', 0));
  return house;
};

const organizationCutoff = (house: House) => house.store.tables.organizations.get('acme')?.cutoff ?? null;

describe('a feature', () => {
  test('adds what hangs on it to all who hold the role, by one row and one change', () => {
    const house = acme();
    expect(house.can()).toEqual(['see own']);
    const { changes } = house.hear(acmeTold(20, { features: ['beta'] }));
    expect(changes).toMatchObject([
      { kind: 'features_changed', details: { features: ['beta'] }, cutoff: null },
    ]);
    expect(house.can()).toEqual(['see', 'see own']);
    expect(house.accepts(20)).toBe(true);
  });

  test('that goes off refuses the tokens of the whole organization, up to the commit', () => {
    const house = acme(['beta']);
    const { changes } = house.hear(acmeTold(20), { now: 50 });
    expect(changes).toMatchObject([
      { kind: 'features_changed', cutoff: { of: 'organization', notBeforeCommit: true } },
    ]);
    expect(house.can()).toEqual(['see own']);
    expect(house.accepts(50)).toBe(false);
    expect(house.accepts(51)).toBe(true);
  });

  test('on which no role’s grants hang refuses nobody when it goes off', () => {
    const house = acme(['constants', 'valueOf']);
    const { changes } = house.hear(acmeTold(20));
    expect(changes).toMatchObject([{ kind: 'features_changed', cutoff: null }]);
    expect(organizationCutoff(house)).toBeNull();
  });

  test('may be called what every object has', () => {
    const house = acme(['toString']);
    house.hear(member('editor', 20));
    expect(house.can()).toEqual(['edit', 'print']);
    house.hear(acmeTold(30));
    expect(house.can()).toEqual(['edit']);
    expect(organizationCutoff(house)).not.toBeNull();
  });

  test('matters to nobody where the policy replaces it by an outright grant', () => {
    const house = acme(['beta']);
    house.store.activate(policy({ ...active, roles: { viewer: grants(['see']) } }), 1);
    expect(house.accepts(1)).toBe(true);
    expect(house.hear(acmeTold(20)).changes).toMatchObject([{ cutoff: null }]);
  });

  test('that comes on late waits for the provider’s word; one that goes off late counts at once', () => {
    const house = acme(['gamma']);
    const late = house.hear(acmeTold(20, { features: ['beta'] }), { now: 400 });
    expect(late.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(lookups(late)).toEqual(['lookup_organization']);
    expect(house.can()).toEqual(['see own']);
    expect(house.store.tables.organizations.get('acme')?.features).toEqual([]);
    house.hear(acmeTold(20, { features: ['beta'], told: 'observed', at: 401 }));
    expect(house.can()).toEqual(['see', 'see own']);
    house.hear(acmeTold(410), { now: 900 });
    expect(house.can()).toEqual(['see own']);
  });

  test('that waits is asked for again when the answer is from before', () => {
    const house = acme();
    house.hear(acmeTold(20, { features: ['beta'] }), { now: 400 });
    const behind = house.hear(acmeTold(10, { told: 'observed', at: 401 }));
    expect(behind.verdict).toEqual({ outcome: 'held', reason: 'changed_too_recently' });
    expect(house.hear(acmeTold(10)).verdict.outcome).toBe('stale');
  });

  test('is off while two changes of one moment contradict each other', () => {
    const house = acme(['beta']);
    const decided = house.hear(acmeTold(0));
    expect(decided.verdict).toEqual({ outcome: 'held', reason: 'contested' });
    expect(house.can()).toEqual(['see own']);
  });

  test('is not believed of a membership, but asked for', () => {
    const house = acme();
    const said = { updatedAt: second(30), features: ['beta'], agents: {}, flaws: [] };
    expect(lookups(house.hear(member('viewer', 30, { organization: said })))).toContain(
      'lookup_organization',
    );
    expect(house.can()).toEqual(['see own']);
    const older = { ...said, updatedAt: second(-1) };
    const decided = house.hear(member('viewer', 31, { organization: older }));
    expect(lookups(decided)).not.toContain('lookup_organization');
  });

  test('is nothing to ask for where the policy speaks of none', () => {
    const house = House.under(policy({ roles: { viewer: grants(['see']) } }));
    const organization = { updatedAt: second(30), features: ['beta'], agents: {}, flaws: [] };
    expect(lookups(house.hear(member('viewer', 30, { organization })))).not.toContain('lookup_organization');
  });
});

describe('an agent', () => {
  const agents = (house: House) => house.store.tables.organizations.get('acme')?.agents;

  test('changes by a change of its own', () => {
    const house = acme();
    const { changes } = house.hear(acmeTold(20, { agents: { bot: ['mail', 'search'], idle: [] } }));
    expect(changes).toMatchObject([
      { kind: 'agent_changed', agentId: 'bot', permissions: ['tool:mail', 'tool:search'], cutoff: null },
    ]);
    expect(house.hear(acmeTold(30, { agents: { bot: ['search'] } })).changes).toMatchObject([
      { kind: 'agent_changed', agentId: 'bot', permissions: ['tool:search'] },
    ]);
    expect(house.hear(acmeTold(40)).changes).toMatchObject([{ agentId: 'bot', permissions: [] }]);
  });

  test('gets no tool by late news, and loses one', () => {
    const house = acme();
    house.hear(acmeTold(10, { agents: { bot: ['search'], old: ['mail'] } }));
    const late = house.hear(acmeTold(20, { agents: { bot: ['mail'], fresh: ['mail'] } }), { now: 400 });
    expect(late.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(agents(house)).toEqual({ bot: [] });
    house.hear(acmeTold(20, { agents: { bot: ['mail'], fresh: ['mail'] }, told: 'observed', at: 401 }));
    expect(agents(house)).toEqual({ bot: ['mail'], fresh: ['mail'] });
  });

  test('has nothing in an organization that was deleted, whatever is told of it afterwards', () => {
    const house = acme();
    house.hear({ kind: 'organization-deleted', id: acmeTold(0).id, at: second(10) });
    const after = house.hear(acmeTold(20, { agents: { bot: ['search'] } }));
    expect(after.verdict).toEqual({ outcome: 'stale', reason: 'deleted_before' });
    expect(agents(house)).toEqual({});
  });
});
