import type { ClerkStandIn } from '../../../src/testing/index.ts';

const users = ['user_0', 'user_1', 'user_2', 'user_3', 'user_4'];
const organizations = ['org_0', 'org_1'];
const roles = ['org:admin', 'org:member', 'org:editor'];
const permissions = ['org:posts:read', 'org:posts:write', 'org:posts:delete'];

/** Everybody who lives in it, before anything happens. */
export function found(clerk: ClerkStandIn): void {
  for (const id of users) clerk.createUser({ id });
  for (const id of organizations) clerk.createOrganization({ id });
  clerk.defineRole('org:editor', 'Editor', permissions);
}

/** So many things happen: people come, go, are promoted and banned, and a role is edited. */
export function live(clerk: ClerkStandIn, roll: () => number, steps: number): void {
  const one = (list: readonly string[]): string => list[Math.floor(roll() * list.length)] ?? '';
  for (let step = 0; step < steps; step += 1) {
    const [organization, user, chance] = [one(organizations), one(users), roll()];
    const isMember = clerk
      .access()
      .some((held) => held.organizationId === organization && held.userId === user);
    if (chance < 0.08)
      clerk.changeRolePermissions(
        'org:editor',
        permissions.filter(() => roll() < 0.5),
      );
    else if (chance < 0.14) clerk.banUser(user);
    else if (chance < 0.22) clerk.unbanUser(user);
    else if (!isMember) clerk.addMember(organization, user, one(roles));
    else if (chance < 0.45) clerk.removeMember(organization, user);
    else clerk.changeRole(organization, user, one(roles));
  }
}

export function shuffled<T>(list: readonly T[], roll: () => number): T[] {
  return list
    .map((item) => ({ item, at: roll() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
