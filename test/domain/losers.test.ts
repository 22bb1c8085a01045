import { expect, test } from 'vitest';
import type { CompiledPolicy } from '../../src/domain/compiled-policy.ts';
import type { Decided } from '../../src/domain/decide/decide.ts';
import { losersAmong } from '../../src/domain/losers.ts';
import { acmeTold, grants, House, member, policy, role, second } from './support/house.ts';
import { organizationId, userId } from './support/world.ts';

// Who is to be signed out for what a role or a feature took, where that was chosen.

const ADA = { organizationId: organizationId('acme'), userId: userId('ada'), wasFirst: false };

function signingOut(under: CompiledPolicy | null = null): House {
  return new House({ role: 'revoke', feature: 'revoke' }, under);
}

/** What each effect that is owed finds of ada. */
function found(house: House, { effects }: Decided): boolean[] {
  return effects.flatMap((effect) =>
    effect.kind === 'revoke_holders'
      ? [losersAmong(house.store.tables, effect.before, [ADA]).length > 0]
      : [],
  );
}

/** Ada is a viewer, and an editor as soon as the provider says so once more. */
function waiting(house: House): House {
  house.hearAll(role('viewer', []), role('editor', ['write']), member('viewer', 0));
  house.hear(member('editor', 10), { now: 400 });
  return house;
}

test('whoever held nothing lost nothing, though in one answer a role gains what another loses', () => {
  const house = waiting(signingOut());
  expect(house.can()).toEqual([]);
  const answer = house.observe(
    401,
    role('viewer', ['write'], 300, { told: 'observed', at: 401 }),
    role('editor', [], 300, { told: 'observed', at: 401 }),
  );
  expect(found(house, answer)).toEqual([false]);
});

test('nor does a role that is heard of for the first time in that answer make a loss', () => {
  const house = signingOut();
  house.hearAll(role('editor', ['write']), member('guest', 0));
  house.hear(member('editor', 10), { now: 400 });
  const answer = house.observe(
    401,
    role('guest', ['write'], 300, { told: 'observed', at: 401 }),
    role('editor', [], 300, { told: 'observed', at: 401 }),
  );
  expect(found(house, answer)).toEqual([false]);
});

test('a feature that comes on with the loss of a role was not held before', () => {
  const viewer = grants([], { featured: { beta: ['see'] } });
  const house = signingOut(policy({ readsOrganizations: true, roles: { viewer } }));
  house.hearAll(role('viewer', []), member('viewer', 0), acmeTold(0));
  const both = house.observe(20, acmeTold(10, { features: ['beta'], told: 'observed', at: 20 }), {
    kind: 'role-deleted',
    id: 'role_viewer',
    at: second(20),
  });
  expect(found(house, both)).toEqual([false]);
});

test('whoever held what the role has lost is found, whatever else the answer says', () => {
  const house = signingOut();
  house.hearAll(role('viewer', []), role('editor', ['write']), member('editor', 0));
  const answer = house.observe(
    401,
    role('viewer', ['write'], 300, { told: 'observed', at: 401 }),
    role('editor', [], 300, { told: 'observed', at: 401 }),
  );
  expect(found(house, answer)).toEqual([true]);
});
