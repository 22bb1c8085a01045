import type { Sql } from 'postgres';
import type { ClerkStandIn } from 'rolecall/testing';

/** Two teams with somebody in them, and tickets. */
export async function hirePeople(clerk: ClerkStandIn, sql: Sql): Promise<void> {
  clerk.defineRole('org:owner', 'Owner', []);
  clerk.defineRole('org:manager', 'Manager', []);
  clerk.defineRole('org:agent', 'Agent', []);
  const teams = {
    org_guild: { user_guildmaster: 'org:owner', user_captain: 'org:manager', user_hero: 'org:agent' },
    org_rivals: { user_rival: 'org:owner' },
  };
  for (const [team, members] of Object.entries(teams)) {
    clerk.createOrganization({ id: team });
    for (const [user, role] of Object.entries(members)) {
      clerk.createUser({ id: user });
      clerk.addMember(team, user, role);
    }
  }
  await sql`
    insert into tickets (organization_id, subject) values
      ('org_guild', 'The dragon does not answer'), ('org_guild', 'Potion arrived empty'),
      ('org_rivals', 'Our secret plan')`;
}
