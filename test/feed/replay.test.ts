import { afterEach, expect, test } from 'vitest';
import { grantText } from '../../src/domain/grant.ts';
import { createRolecall, type Rolecall } from '../../src/index.ts';
import { applyPolicy } from '../../src/pipeline/policies/apply-policy.ts';
import { definePolicy, resolvePolicy } from '../../src/policy/index.ts';
import { policyDigest, policyTools } from '../../src/runtime/policy-tools.ts';
import type { ClerkStandIn } from '../../src/testing/index.ts';
import { dice } from '../support/dice.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { withoutRolesThatWereLeft } from './support/left-roles.ts';
import { narrowest, Replica, type Sent } from './support/replica.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const users = ['user_0', 'user_1', 'user_2', 'user_3', 'user_4', 'user_5'];
const organizations = ['org_0', 'org_1', 'org_2'];
const roles = ['org:admin', 'org:member', 'org:editor', 'org:nobody'];
const permissions = ['org:posts:read', 'org:posts:write', 'org:posts:delete'];

const policyOf = (reach: boolean, first: boolean) =>
  definePolicy({
    name: 'random',
    extends: 'provider',
    scopes: { room: { description: 'A room', organizationRolesReach: reach } },
    permissions: { 'rooms:enter': 'Enter', 'rooms:clean': 'Clean', 'org:posts:read': 'Read' },
    features: { beta: 'New things' },
    agents: { tools: { search: 'Search', write: 'Write' } },
    roles: {
      'org:admin': { title: 'Admin', description: 'All', can: ['rooms:enter', 'rooms:clean', 'tool:search'] },
      'org:member': {
        title: 'Member',
        description: 'Some',
        can: [
          { permission: 'rooms:enter', feature: 'beta' },
          { permission: 'org:posts:read', only: 'own' },
        ],
      },
      ROOM_GUEST: { scope: 'room', title: 'Guest', description: 'Comes', can: ['rooms:enter'] },
      ROOM_HOST: {
        scope: 'room',
        title: 'Host',
        description: 'Stays',
        can: ['rooms:enter', { permission: 'rooms:clean', feature: 'beta' }],
      },
    },
    ...(first ? { constraints: [{ firstMembersBecome: 'org:admin', count: 2 } as const] } : {}),
  });

/** One thing that happens at the provider. */
function happen(clerk: ClerkStandIn, roll: () => number): void {
  const one = (list: readonly string[]): string => list[Math.floor(roll() * list.length)] ?? '';
  const [organization, user, chance] = [one(organizations), one(users), roll()];
  if (!clerk.state.organizations.has(organization) || !clerk.state.users.has(user)) return;
  const isMember = clerk
    .access()
    .some((held) => held.organizationId === organization && held.userId === user);
  const rooms = {
    rooms: Object.fromEntries(
      ['r1', 'r2']
        .filter(() => roll() < 0.5)
        .map((id) => [id, one(['ROOM_GUEST', 'ROOM_GUEST', 'ROOM_HOST', 'ROOM_HOST', 'org:admin'])]),
    ),
  };
  if (chance < 0.08)
    clerk.changeRolePermissions(
      'org:editor',
      permissions.filter(() => roll() < 0.5),
    );
  else if (chance < 0.11)
    clerk.changeRolePermissions(
      'org:nobody',
      permissions.filter(() => roll() < 0.3),
    );
  else if (chance < 0.15) clerk.banUser(user);
  else if (chance < 0.2) clerk.unbanUser(user);
  else if (chance < 0.26) {
    const tools = ['search', 'write'].filter(() => roll() < 0.5);
    clerk.updateOrganizationMetadata(organization, {
      features: roll() < 0.5 ? ['beta'] : [],
      agents: roll() < 0.5 ? { a1: { tools: { allowed: tools } } } : {},
    });
  } else if (chance < 0.27) clerk.deleteUser(user);
  else if (chance < 0.275) clerk.deleteOrganization(organization);
  else if (!isMember) clerk.addMember(organization, user, one(roles), { publicMetadata: rooms });
  else if (chance < 0.42) clerk.removeMember(organization, user);
  else if (chance < 0.6) clerk.updateMembershipMetadata(organization, user, rooms);
  else clerk.changeRole(organization, user, one(roles));
}

/** Of two things at one instant nobody can tell which is the newer one. */
function contradict(clerk: ClerkStandIn, roll: () => number): void {
  const members = clerk.access();
  const member = members[Math.floor(roll() * members.length)];
  if (member === undefined) return;
  clerk.sameInstant(() => {
    clerk.changeRole(member.organizationId, member.userId, 'org:nobody');
    clerk.changeRole(member.organizationId, member.userId, roll() < 0.5 ? 'org:member' : 'org:admin');
  });
}

const TOKEN = 'read-everything';
const BOUND = 'read-one-organization';

function serve(rig: Rig): Rolecall {
  const rolecall = createRolecall({
    environment: {
      DATABASE_URL: rig.url,
      CLERK_WEBHOOK_SIGNING_SECRET: rig.clerk.signingSecret,
      CLERK_SECRET_KEY: rig.clerk.secretKey,
      CLERK_API_URL: rig.clerkUrl,
      ROLECALL_READ_TOKEN: `${TOKEN} one@org_0:${BOUND}`,
      ROLECALL_OPERATOR_TOKEN: 'operate',
    },
    connections: 2,
    writeLog: () => undefined,
  });
  ends.push(() => rolecall.stop());
  return rolecall;
}

async function ask(rolecall: Rolecall, path: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await rolecall.fetch(new Request(`http://rolecall${path}`, { headers }));
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return text;
}

async function catchUp(rolecall: Rolecall, replica: Replica, token: string): Promise<Replica> {
  for (;;) {
    const query = `after=${replica.revision}&epoch=${replica.epoch}&limit=3`;
    const page = JSON.parse(await ask(rolecall, `/v1/changes?${query}`, token)) as {
      readonly changes: readonly Sent[];
      readonly next: number;
    };
    for (const change of page.changes) replica.take(change);
    if (replica.outdated) return Replica.of(await ask(rolecall, '/v1/snapshot', token));
    replica.revision = page.next;
    if (page.changes.length < 3) return replica;
  }
}

interface Truth {
  readonly grants: string[];
  readonly members: string[];
  readonly cutoffs: Map<string, number>;
}

/** As SQL has it. */
async function truth({ sql }: Rig): Promise<Truth> {
  const held = new Map<string, string[]>();
  const agents: string[] = [];
  for (const row of await sql`select * from rolecall.grants`) {
    const { organization_id, subject_type, subject_id, permission, only, scope_type, scope_id } = row;
    const scope = scope_type === null ? null : { type: String(scope_type), id: String(scope_id) };
    const text = grantText({ permission: String(permission), only: only === 'own' ? 'own' : null, scope });
    const subject = `${String(organization_id)} ${String(subject_type)} ${String(subject_id)}`;
    if (subject_type === 'agent') agents.push(`${subject} ${text}`);
    else held.set(subject, [...(held.get(subject) ?? []), text]);
  }
  const grants = [...held].flatMap(([subject, texts]) =>
    narrowest(texts).map((text) => `${subject} ${text}`),
  );
  const rows = await withoutRolesThatWereLeft(
    sql,
    (tx) =>
      tx`select *, rolecall.cutoff_of(user_id, organization_id)::float8 as cutoff from rolecall.members`,
  );
  return {
    grants: [...grants, ...agents].sort(),
    members: rows
      .map(
        (row) =>
          `${String(row['organization_id'])} ${String(row['user_id'])} ${String(row['role'])}${row['suspended'] === true ? ' suspended' : ''}`,
      )
      .sort(),
    cutoffs: new Map(
      rows.map((row) => [
        `${String(row['organization_id'])} ${String(row['user_id'])}`,
        Number(row['cutoff'] ?? 0),
      ]),
    ),
  };
}

const ofOne = (lines: readonly string[]) => lines.filter((line) => line.startsWith('org_0 '));

test.each([1, 2, 3, 4, 5, 6])(
  'a snapshot with the changes after it says what SQL says, at every moment of a random history (%i)',
  async (seed) => {
    const roll = dice(seed);
    const rig = await startRig({ seed });
    ends.push(() => rig.stop());
    const { clerk } = rig;
    for (const id of users) clerk.createUser({ id });
    for (const id of organizations) clerk.createOrganization({ id });
    clerk.defineRole('org:editor', 'Editor', permissions);
    clerk.defineRole('org:nobody', 'Nobody', []);
    const prompt = rig.worker({ connections: 2 });
    // Ten minutes ahead: to it all news is late, and what would give more waits for the provider's word.
    const late = rig.worker({ clock: { now: () => Date.now() + 600_000 } });
    const tools = policyTools(rig.url);
    ends.push(() => tools.end());
    await prompt.process(await rig.news());

    const rolecall = serve(rig);
    let all = Replica.of(await ask(rolecall, '/v1/snapshot', TOKEN));
    let bound = Replica.of(await ask(rolecall, '/v1/snapshot', BOUND));
    const first = seed % 3 === 0;
    for (let round = 0; round < 40; round += 1) {
      for (let steps = 1 + Math.floor(roll() * 4); steps > 0; steps -= 1) happen(clerk, roll);
      if (roll() < 0.3) contradict(clerk, roll);
      const told = (await rig.news()).map((item) => ({ item, at: roll() }));
      const lot = told.sort((a, b) => a.at - b.at).map(({ item }) => item);
      while (lot.length > 0) {
        await (roll() < 0.3 ? late : prompt).process(lot.splice(0, 1 + Math.floor(roll() * 3)));
      }
      if (roll() < 0.2) {
        await prompt.dispatch();
        await rig.hurry();
      }
      if (round === 10 || round === 25) {
        const policy = resolvePolicy(policyOf(round === 10, first));
        const proposal = { policy, digest: policyDigest(policy), by: 'test', reason: 'test' };
        const applied = await applyPolicy(tools, proposal);
        if (applied.result === 'held') await applyPolicy(tools, proposal, { approving: applied.hold });
      }

      all = await catchUp(rolecall, all, TOKEN);
      bound = await catchUp(rolecall, bound, BOUND);
      const expected = await truth(rig);
      expect({ round, grants: all.grants(), members: all.members() }).toEqual({
        round,
        grants: expected.grants,
        members: expected.members,
      });
      expect([bound.grants(), bound.members()]).toEqual([ofOne(expected.grants), ofOne(expected.members)]);
      // Where the policy derives roles, those of the provider cut off what nobody is asked about by them.
      if (!first) expect(all.cutoffs()).toEqual(expected.cutoffs);
      const fresh = Replica.of(await ask(rolecall, '/v1/snapshot', TOKEN));
      expect(fresh.grants()).toEqual(expected.grants);
      if (roll() < 0.1) all = fresh;
    }
  },
  60_000,
);
