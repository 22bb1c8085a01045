import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrganizationId, UserId } from '../../src/domain/ids.ts';
import type { InvitationPage } from '../../src/pipeline/ports.ts';
import { postgresListingStore } from '../../src/store/postgres/listing-store.ts';
import { postgresSearchStore } from '../../src/store/postgres/search-store.ts';
import { type Rig, startRig, type Worker } from '../support/rig.ts';
import { lookedThrough } from './support/looked-through.ts';

const MEMBERS = 50_000;
const LARGE = ['users', 'memberships', 'pairs', 'organizations', 'invitations'];

let rig: Rig;
/** Connected, and its plans made, while every table was empty. */
let early: Worker;

beforeAll(async () => {
  rig = await startRig();
  early = rig.worker();
  for (let round = 0; round < 8; round += 1) await lists(early);
  const { sql } = rig;
  // Half of one organization has a role in a resource of which it has 500, and one in seven has left.
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at, scoped, deleted_at)
    select 'orgmem_' || n, 'org_1', 'user_' || n, 1, case when n % 1000 = 1 then 'org:admin' else 'org:member' end, 1, 1, 1,
           case when n % 2 = 0 then jsonb_build_object('workspace', jsonb_build_object('ws_' || n % 500, 'WORKSPACE_VIEWER')) else '{}' end,
           case when n % 7 = 0 then 2 end
      from generate_series(1, ${MEMBERS}) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_1', 'user_' || n, 'orgmem_' || n, 1, 1 from generate_series(1, ${MEMBERS}) as n`;
  await sql`
    insert into rolecall.role_keys (key, scope, grants)
    values ('org:admin', 'organization', '{posts:edit}'), ('WORKSPACE_VIEWER', 'workspace', '{posts:edit}')
    on conflict (key) do update set grants = excluded.grants, scope = excluded.scope`;
  await sql`insert into rolecall.organizations (id) select 'org_' || n from generate_series(1, 1000) as n`;
  // Half of them pending, and half of these not expired.
  await sql`
    insert into rolecall.invitations (id, organization_id, role, inviter_id, status, created_at, version_updated_at, version_at, expires_at)
    select 'orginv_' || n, 'org_1', 'org:member', 'user_' || n % 10000, case when n % 2 = 0 then 'pending' else 'accepted' end, n, 1, 1, n * 2
      from generate_series(1, ${MEMBERS}) as n`;
}, 60_000);
afterAll(() => rig.stop());

/** Every list that looks at no more than a page, from somewhere in its middle. */
async function lists(worker: Worker): Promise<number[]> {
  const listing = postgresListingStore(worker.statements);
  const [organizationId, someone] = ['org_1' as OrganizationId, 'user_2000' as UserId];
  const scope = { type: 'workspace', id: 'ws_2' };
  const members = { organizationId, role: null, scope: null, after: someone, limit: 20 };
  const listed = [
    await listing.listMembers(members),
    await listing.listMembers({ ...members, role: 'org:admin' }),
    await listing.listMembers({ ...members, scope }),
  ];
  const invitations = { organizationId, now: MEMBERS, limit: 20 };
  const after = { createdAt: 40_000, id: 'orginv_40000' };
  const invited: InvitationPage[] = [];
  for (const status of ['pending', 'all'] as const) {
    invited.push(await listing.listInvitations({ ...invitations, status, inviter: null, after }));
    invited.push(await listing.listInvitations({ ...invitations, status, inviter: someone, after: null }));
  }
  const pending = await listing.countPendingInvitations({ organizationId, userId: someone, now: MEMBERS });
  await listing.readAssignment({ organizationId, actor: someone, target: null, scope });
  await listing.readRoles();
  const searches = postgresSearchStore(worker.statements);
  const page = { after: someone, limit: 20 };
  const held = { organizationId, permission: 'posts:edit', named: ['user_9'], ...page };
  const found = [
    await searches.findHolders({ ...held, scope: null }),
    await searches.findHolders({ ...held, scope }),
    await searches.findAgents({ organizationId, ...page }),
    await searches.findOrganizations({ userId: someone, ...page, after: null }),
  ];
  return [
    ...listed.map((page) => page.members.length),
    ...invited.map((page) => page.invitations.length),
    pending,
    ...found.map((ids) => ids.length),
  ];
}

test.each([false, true])(
  'a page reads no more than a page, also with plans made while the tables were empty; statistics: %s',
  async (analyzed) => {
    if (analyzed) await rig.sql`analyze`;
    for (const worker of [early, rig.worker()]) {
      let found: number[] = [];
      const { before, after, entries } = await lookedThrough(rig, LARGE, worker, async () => {
        found = await lists(worker);
      });
      expect(found).toEqual([20, 20, 20, 20, 2, 20, 5, 2, 20, 20, 0, 1]);
      expect(after).toEqual(before);
      // A thousand candidates for a page of members, and the hundred who have a role in the one resource.
      expect(entries).toBeLessThan(2_000);
    }
  },
);
