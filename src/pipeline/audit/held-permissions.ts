import { grantText } from '../../domain/grant.ts';
import { type OrganizationId, pairKey, type UserId } from '../../domain/ids.ts';
import type { Store } from '../ports.ts';

/** What each of these holds now, sorted. Whoever is suspended or contested holds nothing. */
export async function heldPermissions(
  store: Pick<Store, 'readStanding'>,
  organizationId: OrganizationId,
  users: readonly UserId[],
): Promise<ReadonlyMap<UserId, readonly string[]>> {
  const { members } = await store.readStanding({
    members: users.map((user) => [organizationId, user]),
    agents: [],
    sessions: [],
  });
  return new Map(
    users.map((user) => {
      const held = members.get(pairKey(organizationId, user));
      return [user, (held?.grants ?? []).map(grantText).sort()];
    }),
  );
}
