import { describe, expect, test } from 'vitest';
import type { Decided } from '../../src/domain/decide/decide.ts';
import { absent, grants, House, invitation, member, policy, removed } from './support/house.ts';

const roles = { owner: grants(['rule', 'see']), viewer: grants(['see']) };
const single = policy({
  roles,
  exactlyOne: [
    { role: 'owner', settleSeconds: 60 },
    { role: 'viewer', settleSeconds: 5 },
  ],
});
const ownersOnly = policy({ roles, exactlyOne: [{ role: 'owner', settleSeconds: 60 }] });

const checks = ({ effects }: Decided) => effects.filter(({ kind }) => kind === 'check_constraints');
const owed = { kind: 'check_constraints', organizationId: 'acme', settleMs: 60_000 };

describe('a count of a role that exactly one may have', () => {
  test('is owed when somebody comes, goes, is absent, takes the role or leaves it', () => {
    const house = House.under(ownersOnly);
    expect(checks(house.hear(member('viewer', 0)))).toEqual([owed]);
    expect(checks(house.hear(member('owner', 20)))).toEqual([owed]);
    expect(checks(house.hear(member('viewer', 30)))).toEqual([owed]);
    expect(checks(house.hear(absent(200)))).toEqual([owed]);
    expect(checks(house.hear(member('viewer', 300)))).toEqual([owed]);
    expect(checks(house.hear(removed(400)))).toEqual([owed]);
  });

  test('is not owed for anything else', () => {
    const house = House.under(ownersOnly);
    house.hear(member('viewer', 0));
    expect(checks(house.hear(member('guest', 20)))).toEqual([]);
    expect(checks(house.hear(member('guest', 30)))).toEqual([]);
    expect(checks(House.under(policy({ roles })).hear(member('owner', 0)))).toEqual([]);
    expect(checks(new House().hear(member('owner', 0)))).toEqual([]);
  });

  test('waits as long as the slowest of the roles that moved', () => {
    const house = House.under(single);
    expect(checks(house.hear(member('viewer', 0)))).toEqual([owed]);
    expect(checks(house.hear(member('guest', 20)))).toMatchObject([{ settleMs: 5_000 }]);
  });

  test('is owed for somebody who is displaced from among the first', () => {
    const first = { role: 'owner', count: 1 };
    const house = House.under(policy({ ...ownersOnly, firstMembers: first }));
    house.hear(member('viewer', 3, { user: 'bob', id: 'mem_bob', created: 3 }));
    const decided = house.hear(removed(20, { created: 1 }));
    expect(house.role('bob')).toBe('viewer');
    expect(checks(decided)).toContainEqual(owed);
  });
});

describe('an invitation', () => {
  const known = (house: House) => house.store.tables.invitations.get('inv_1');

  test('is kept with what its inviter was, and gives nobody anything', () => {
    const house = House.under(ownersOnly);
    house.hear(member('owner', 0));
    const decided = house.hear(invitation(10));
    expect([decided.verdict.outcome, decided.changes, decided.effects]).toEqual(['applied', [], []]);
    expect(known(house)).toMatchObject({ status: 'pending', inviterRole: 'owner', email: 'eve@example.com' });
    house.hear(member('viewer', 20));
    house.hear(invitation(30, 'accepted'));
    expect(known(house)).toMatchObject({ status: 'accepted', inviterRole: 'owner' });
  });

  test('of somebody unknown, or of nobody, has an inviter without a role', () => {
    const house = House.under(ownersOnly);
    house.hear(invitation(10));
    expect(known(house)).toMatchObject({ inviterRole: null });
    house.hear(member('viewer', 15));
    house.hear(invitation(20));
    expect(known(house)).toMatchObject({ inviterRole: 'viewer' });
    house.hear(invitation(30, 'pending', null));
    expect(known(house)).toMatchObject({ inviterId: null });
  });

  test.each(['accepted', 'revoked', 'expired'] as const)(
    'that was %s forgets the address, and is never pending again',
    (status) => {
      const house = House.under(ownersOnly);
      house.hearAll(invitation(10), invitation(20, status));
      expect(known(house)).toMatchObject({ status, email: null });
      for (const later of [invitation(20), invitation(30)]) {
        expect(house.hear(later).verdict.outcome).toBe('stale');
        expect(known(house)).toMatchObject({ status, email: null });
      }
    },
  );

  test('ends the same in whatever order its end is told', () => {
    const told = [
      invitation(10),
      invitation(40),
      invitation(20, 'revoked'),
      invitation(30, 'accepted'),
      invitation(30, 'revoked'),
    ];
    for (const first of told) {
      for (const second of told) {
        const house = House.under(ownersOnly);
        house.hearAll(first, second, ...told, ...told.toReversed());
        expect(known(house)).toMatchObject({ status: 'accepted', email: null });
      }
    }
  });
});
