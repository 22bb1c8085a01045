import type { Sql } from 'postgres';
import { ROLE } from './signed-events.ts';

/** When everything that was filled in by SQL was made and last changed. */
export const MADE_AT = 1_700_000_000_000;

export const userOf = (n: number) => `user_${n}`;
export const membershipOf = (n: number) => `orgmem_${n}`;
export const organizationOf = (n: number, organizations: number) => `org_${n % organizations}`;

/** Members by their numbers, from 0, as they would be after their events; all of them hold the events' role. */
export async function fillMembers(sql: Sql, members: number, organizations: number): Promise<void> {
  const [first, last] = [MADE_AT, members - 1];
  await sql`
    insert into rolecall.roles (id, key, name, permissions, created_at, version_updated_at, version_at)
    values (${ROLE.id}, ${ROLE.key}, ${ROLE.name}, ${ROLE.permissions}, ${first}, ${first}, ${first})`;
  await sql`
    insert into rolecall.role_keys (key, role_id, role_created_at, provided, grants)
    values (${ROLE.key}, ${ROLE.id}, ${first}, ${ROLE.permissions}, ${ROLE.permissions})`;
  await sql`
    insert into rolecall.organizations (id, name, version_updated_at, version_at)
    select 'org_' || n, 'Organization ' || n, ${first}, ${first} from generate_series(0, ${organizations - 1}) as n`;
  await sql`
    insert into rolecall.users (id, version_updated_at, version_at)
    select 'user_' || n, ${first}, ${first} from generate_series(0, ${last}) as n`;
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
    select 'orgmem_' || n, 'org_' || n % ${organizations}, 'user_' || n, ${first}::bigint + n, ${ROLE.key}, ${first}::bigint + n, ${first}::bigint + n, ${first}::bigint + n
      from generate_series(0, ${last}) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_' || n % ${organizations}, 'user_' || n, 'orgmem_' || n, ${first}::bigint + n, ${first}::bigint + n
      from generate_series(0, ${last}) as n`;
  await sql`vacuum analyze rolecall.users, rolecall.organizations, rolecall.memberships, rolecall.pairs`;
}
