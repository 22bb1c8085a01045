import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrganizationId, UserId } from '../../src/domain/ids.ts';
import type { ListingStore, MemberPage } from '../../src/pipeline/ports.ts';
import { postgresListingStore } from '../../src/store/postgres/listing-store.ts';
import { type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
let listing: ListingStore;
const organizationId = 'org_1' as OrganizationId;

/** Many left, and whoever stayed comes last. */
const LEFT = 2_500;

beforeAll(async () => {
  rig = await startRig();
  listing = postgresListingStore(rig.worker().statements);
  const { sql } = rig;
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, scoped, deleted_at)
    select 'orgmem_' || n, 'org_1', 'user_a' || n, 1, 'org:member', '{"workspace": {"ws_1": "VIEWER"}}'::jsonb, 2
      from generate_series(1, ${LEFT}) as n
    union all
    -- Came back: two memberships that ended, and one that did not.
    select 'orgmem_back_' || n, 'org_1', 'user_b', n, 'org:member', '{"workspace": {"ws_1": "VIEWER"}}'::jsonb,
           case when n < 3 then 5 end
      from generate_series(1, 3) as n
    union all
    select 'orgmem_c', 'org_1', 'user_c', 1, 'org:member', '{"workspace": {"ws_1": "EDITOR"}}'::jsonb, null`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select m.organization_id, m.user_id, m.id, 1, 1 from rolecall.memberships as m
     where m.id not in ('orgmem_back_1', 'orgmem_back_2')`;
});
afterAll(() => rig.stop());

async function pages(wanted: Partial<Parameters<ListingStore['listMembers']>[0]>): Promise<MemberPage[]> {
  const found: MemberPage[] = [];
  let after: UserId | null = null;
  do {
    const page: MemberPage = await listing.listMembers({
      organizationId,
      role: null,
      scope: null,
      after,
      limit: 100,
      ...wanted,
    });
    found.push(page);
    after = page.next;
  } while (after !== null);
  return found;
}
const users = (found: readonly MemberPage[]) =>
  found.flatMap(({ members }) => members.map(({ userId }) => userId));

test('where many have left, pages are short or empty rather than slow, and the last one says that it is', async () => {
  for (const role of [null, 'org:member']) {
    const found = await pages({ role });
    expect(found.length).toBe(3);
    expect(users(found)).toEqual(['user_b', 'user_c']);
  }
});

test('whoever came back is listed once, also in a role and in a resource', async () => {
  const scope = { type: 'workspace', id: 'ws_1' };
  expect(users(await pages({ role: 'org:member', limit: 1 }))).toEqual(['user_b', 'user_c']);
  // By resource those who left are known before a page is made.
  expect(users(await pages({ scope, limit: 1 }))).toEqual(['user_b', 'user_c']);
  expect(users(await pages({ scope, role: 'VIEWER' }))).toEqual(['user_b']);
  expect(await pages({ scope })).toHaveLength(1);
});

test('a role in a resource is found whatever the names are that metadata may hold', async () => {
  for (const [type, id] of [
    ['constructor', 'a:b@c.d-e_f'],
    ['team', '1'],
    ['team', 'x'.repeat(191)],
  ] as const) {
    await rig.sql`
      update rolecall.memberships set scoped = ${rig.sql.json({ [type]: { [id]: 'LEAD' } })} where id = 'orgmem_c'`;
    expect(users(await pages({ scope: { type, id }, role: 'LEAD' }))).toEqual(['user_c']);
    expect(users(await pages({ scope: { type: id, id: type } }))).toEqual([]);
  }
});
