import type { Facts } from '../../../src/domain/facts.ts';
import { ORGANIZATIONS, USERS } from './commands.ts';
import type { History } from './history.ts';
import { founderRole, heldBy } from './holding.ts';
import { readAccess } from './reading.ts';
import { membershipOf, type World } from './world.ts';

/** What is true of everybody, a line each: of the provider's world, or of the facts about it. */
export type Picture = Readonly<Record<string, string>>;

export function pictureOfWorld(world: World, history: History): Picture {
  const { policy } = history;
  const picture: Record<string, string> = {};
  for (const user of USERS) {
    const person = world.users.get(user);
    picture[user] = person === undefined ? 'deleted' : person.suspended ? 'suspended' : 'active';
    for (const organization of ORGANIZATIONS) {
      const membership = membershipOf(world, organization, user);
      picture[`${user} in ${organization}`] =
        membership === undefined
          ? 'no member'
          : member(
              founderRole(world, policy, membership) ?? membership.roleId,
              person?.suspended ? [] : heldBy(world, policy, membership),
            );
    }
  }
  for (const organization of ORGANIZATIONS) {
    const found = world.organizations.get(organization);
    picture[organization] = found === undefined ? 'deleted' : `has [${found.features.join()}] on`;
  }
  for (const session of sessionsOf(history))
    picture[session] = world.sessions.get(session)?.ended ? 'ended' : 'runs';
  return picture;
}

export function pictureOfFacts(facts: Facts, history: History): Picture {
  const picture: Record<string, string> = {};
  for (const user of USERS) {
    const person = facts.users.get(user);
    picture[user] = person?.deletedAt != null ? 'deleted' : person?.suspended ? 'suspended' : 'active';
    for (const organization of ORGANIZATIONS) {
      const access = readAccess(facts, organization, user);
      picture[`${user} in ${organization}`] =
        access === null
          ? 'no member'
          : member(facts.roleKeys.get(access.role)?.roleId ?? access.role, access.permissions);
    }
  }
  for (const organization of ORGANIZATIONS) {
    picture[organization] = organizationIn(facts, organization);
  }
  for (const session of sessionsOf(history)) {
    picture[session] = facts.sessions.get(session)?.endedAt != null ? 'ended' : 'runs';
  }
  return picture;
}

export function differences(told: Picture, found: Picture): string[] {
  return Object.keys(told)
    .filter((name) => told[name] !== found[name])
    .map((name) => `${name}: expected ${told[name]}, found ${found[name]}`);
}

/** What two ways of telling must agree on: cutoffs, times of asking and roles that nobody holds may differ. */
export function rowsOf(facts: Facts): Picture {
  const rows: Record<string, string> = {};
  for (const [id, row] of facts.users) {
    rows[id] = JSON.stringify([row.deletedAt !== null || [row.suspended, row.passwordChangedAt]]);
  }
  for (const id of facts.organizations.keys()) rows[id] = organizationIn(facts, id);
  for (const [pair, row] of facts.members) {
    rows[pair] = `${row.membershipId}, created ${row.membershipCreatedAt}, first ${row.firstJoinedAt}`;
  }
  for (const [pair, row] of facts.members) {
    const [organization = '', user = ''] = pair.split('/');
    const access = readAccess(facts, organization, user);
    // A renamed role goes by either name until its holders are told of again.
    const role = facts.roleKeys.get(access?.role ?? '')?.roleId;
    rows[`access ${pair}`] = access === null ? 'none' : member(role ?? access.role, access.permissions);
    rows[`life ${pair}`] = facts.memberships.get(row.membershipId)?.deletedAt === null ? 'alive' : 'dead';
  }
  for (const [id, row] of facts.sessions) rows[id] = row.endedAt === null ? 'runs' : 'ended';
  return rows;
}

function organizationIn(facts: Facts, id: string): string {
  const row = facts.organizations.get(id);
  return row?.deletedAt != null ? 'deleted' : `has [${row?.features.join() ?? ''}] on`;
}

function member(role: string, permissions: readonly string[]): string {
  return `member as ${role} with [${permissions.join(', ')}]`;
}

function sessionsOf(history: History): string[] {
  return [...(history.moments.at(-1)?.world.sessions.keys() ?? [])];
}
