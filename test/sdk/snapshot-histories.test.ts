import postgres from 'postgres';
import { definePolicy } from 'rolecall/policy';
import { afterEach, expect, test, vi } from 'vitest';
import { createClient, type Snapshot, type SnapshotProblem } from '../../src/sdk/index.ts';
import { type ClerkStandIn, startTestRolecall, type TestRolecall } from '../../src/testing/index.ts';
import { withoutRolesThatWereLeft } from '../feed/support/left-roles.ts';
import { dice } from '../support/dice.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const users = ['user_0', 'user_1', 'user_2', 'user_3', 'user_4', 'user_5'];
const organizations = ['org_0', 'org_1', 'org_2'];
const roles = ['org:admin', 'org:member', 'org:editor'];
const permissions = ['org:posts:read', 'org:posts:write', 'org:posts:delete'];
const workspaces = ['ws_1', 'ws_2'];

const policyWith = (reach: boolean, { first = false, feature = 'beta' } = {}) =>
  definePolicy({
    name: `reach ${reach} first ${first} ${feature}`,
    scopes: { workspace: { description: 'A workspace.', organizationRolesReach: reach } },
    features: { [feature]: 'Not for all yet' },
    permissions: {
      'org:posts:read': 'Read posts',
      'org:posts:write': 'Write posts',
      'org:posts:delete': 'Delete posts',
    },
    roles: {
      'org:admin': {
        title: 'Admin',
        description: 'Runs it.',
        givenToCreator: true,
        includes: ['org:editor'],
        can: ['org:posts:delete'],
        assigns: ['org:admin', 'org:editor', 'org:member'],
      },
      'org:editor': {
        title: 'Editor',
        description: 'Writes.',
        includes: ['org:member'],
        can: [{ permission: 'org:posts:write', feature }],
      },
      'org:member': {
        title: 'Member',
        description: 'Reads.',
        can: ['org:posts:read', { permission: 'org:posts:write', only: 'own' }],
      },
      WRITER: {
        scope: 'workspace',
        title: 'Writer',
        description: 'Writes there.',
        givenToCreator: true,
        can: ['org:posts:write', { permission: 'org:posts:delete', only: 'own' }],
        assigns: ['WRITER', 'READER'],
      },
      READER: { scope: 'workspace', title: 'Reader', description: 'Reads there.', can: ['org:posts:read'] },
    },
    ...(first ? { constraints: [{ firstMembersBecome: 'org:admin', count: 1 }] } : {}),
  });
const policies = [
  policyWith(true),
  policyWith(false),
  policyWith(false, { feature: 'labs' }),
  policyWith(true, { first: true }),
];

function begin(clerk: ClerkStandIn): void {
  clerk.defineRole('org:editor', 'Editor', permissions);
  for (const id of users) clerk.createUser({ id });
  for (const id of organizations) clerk.createOrganization({ id });
}

/** Whatever may happen to users, members, organizations and roles. */
function happen(clerk: ClerkStandIn, roll: () => number): void {
  const one = (list: readonly string[]): string => list[Math.floor(roll() * list.length)] ?? '';
  const some = (list: readonly string[]) => list.filter(() => roll() < 0.5);
  const alive = organizations.filter((id) => clerk.state.organizations.has(id));
  const [organization, user, chance] = [one(alive), one(users), roll()];
  if (!clerk.state.users.has(user)) return;
  const isMember = clerk
    .access()
    .some((held) => held.organizationId === organization && held.userId === user);
  if (chance < 0.08) clerk.changeRolePermissions('org:editor', some(permissions));
  else if (chance < 0.14) clerk.banUser(user);
  else if (chance < 0.22) clerk.unbanUser(user);
  else if (chance < 0.225 && alive.length > 1) clerk.deleteOrganization(organization);
  else if (chance < 0.23) clerk.deleteUser(user);
  else if (chance < 0.32) {
    const agents = { bot: { tools: { allowed: some(['search', 'draw']) } } };
    clerk.updateOrganizationMetadata(organization, { features: some(['beta', 'labs']), agents });
  } else if (!isMember) clerk.addMember(organization, user, one(roles));
  else if (chance < 0.45) clerk.removeMember(organization, user);
  else if (chance < 0.7) {
    const places = some(workspaces).map((id) => [id, one(['WRITER', 'READER', 'org:admin'])]);
    clerk.updateMembershipMetadata(organization, user, { workspaces: Object.fromEntries(places) as object });
  } else clerk.changeRole(organization, user, one(roles));
}

interface Question {
  readonly user: string;
  readonly organization: string;
  readonly permission: string;
  readonly owner: string | null;
  readonly workspace: string | null;
  /** Whole seconds; null without a token. */
  readonly issuedAt: number | null;
}

function questionsAt(second: number): Question[] {
  const tokens = [null, second - 1, second - 4];
  return organizations.flatMap((organization) =>
    users.flatMap((user) =>
      [...permissions, 'org:other'].flatMap((permission) =>
        [null, ...workspaces].flatMap((workspace) =>
          [null, user].flatMap((owner) =>
            tokens.map((issuedAt) => ({ user, organization, permission, owner, workspace, issuedAt })),
          ),
        ),
      ),
    ),
  );
}

async function bySql(sql: postgres.Sql, questions: readonly Question[]): Promise<boolean[]> {
  const column = (pick: (question: Question) => string | number | null) =>
    sql.array(
      questions.map((question) => pick(question)?.toString() ?? null),
      25,
    );
  const rows = await withoutRolesThatWereLeft(
    sql,
    (tx) => tx<{ may: boolean }[]>`
    select rolecall.has_permission(q.u, q.o, q.p, q.owner, case when q.w is not null then 'workspace' end, q.w)
           and (q.at is null or rolecall.token_is_current(q.u, q.o, 'sess_of_nobody', to_timestamp(q.at::bigint))) as may
      from unnest(${column((q) => q.user)}::text[], ${column((q) => q.organization)}::text[],
                  ${column((q) => q.permission)}::text[], ${column((q) => q.owner)}::text[],
                  ${column((q) => q.workspace)}::text[], ${column((q) => q.issuedAt)}::text[])
           with ordinality as q(u, o, p, owner, w, at, n)
     order by q.n`,
  );
  return rows.map((row) => row.may);
}

function byCopy(snapshot: Snapshot, question: Question): boolean {
  const { user, organization, permission, owner, workspace, issuedAt } = question;
  return snapshot.can(user, organization, permission, {
    owner,
    ...(workspace === null ? {} : { scope: { type: 'workspace', id: workspace } }),
    ...(issuedAt === null ? {} : { token: { sessionId: 'sess_of_nobody', issuedAt } }),
  });
}

/** A network on which no stream lasts: bodies break off, mostly in the middle of a line. */
function flaky(roll: () => number): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = await fetch(request);
    const lasts = response.headers.get('content-type') !== 'text/event-stream';
    const whole = lasts && roll() < 0.9;
    if (whole || response.body === null) return response;
    // A policy that changes ends a stream as well, of which little has been heard by then.
    let left = Math.floor(roll() * (lasts ? 9_000 : 2_000));
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (left < chunk.length) {
          controller.enqueue(chunk.subarray(0, left));
          controller.error(new Error('the cable was cut'));
        } else controller.enqueue(chunk);
        left -= chunk.length;
      },
    });
    return new Response(response.body.pipeThrough(cut), response);
  };
}

async function start(policy?: object): Promise<{ rolecall: TestRolecall; sql: postgres.Sql }> {
  const rolecall = await startTestRolecall(policy === undefined ? {} : { policy });
  stops.push(() => rolecall.stop());
  const sql = postgres(rolecall.database.url, { max: 1 });
  stops.push(() => sql.end());
  begin(rolecall.clerk);
  await rolecall.settled();
  return { rolecall, sql };
}

async function caughtUp(sql: postgres.Sql, snapshot: Snapshot): Promise<void> {
  const [row] = await sql<{ revision: string }[]>`select rolecall.revision() as revision`;
  const revision = Number(row?.revision);
  await vi.waitFor(
    () => {
      expect(snapshot.revision ?? 0).toBeGreaterThanOrEqual(revision);
      expect(snapshot.lag()).toBeLessThan(Number.POSITIVE_INFINITY);
    },
    { timeout: 30_000 },
  );
}

async function expectSame(rolecall: TestRolecall, sql: postgres.Sql, snapshot: Snapshot): Promise<number> {
  await rolecall.settled();
  await caughtUp(sql, snapshot);
  const questions = questionsAt(Math.floor(Date.now() / 1_000));
  const answers = await bySql(sql, questions);
  const differences = () =>
    questions
      .map((question, index) => ({ ...question, copy: byCopy(snapshot, question), sql: answers[index] }))
      .filter(({ copy, sql: other }) => copy !== other);
  // At no time more; and all of it once there is a new copy, where a policy asked for one.
  expect(differences().filter(({ copy }) => copy)).toEqual([]);
  await vi.waitFor(() => expect(differences()).toEqual([]), { timeout: 30_000 });
  return answers.filter(Boolean).length;
}

test.each([
  ['the provider’s roles', 1, []],
  ['a policy', 2, policies.slice(0, 1)],
  ['policies that change', 3, policies],
])(
  'after any history under %s, over a network that breaks, a copy answers every question as the database does',
  async (_, seed, chosen) => {
    const roll = dice(seed);
    const { rolecall, sql } = await start(chosen[0]);
    const problems = new Map<string, number>();
    const snapshot = createClient({
      url: rolecall.url,
      token: rolecall.tokens.read,
      fetch: flaky(dice(seed)),
    }).snapshot({
      onProblem: ({ code }: SnapshotProblem) => void problems.set(code, (problems.get(code) ?? 0) + 1),
    });
    stops.push(async () => snapshot.close());
    await snapshot.ready;
    let allowed = 0;
    for (let round = 0; round < 4; round += 1) {
      for (let step = 0; step < 12; step += 1) happen(rolecall.clerk, roll);
      if (chosen.length > 1) await rolecall.applyPolicy(chosen[(round + 1) % chosen.length] ?? {});
      for (let step = 0; step < 6; step += 1) happen(rolecall.clerk, roll);
      allowed += await expectSame(rolecall, sql, snapshot);
    }
    expect(allowed).toBeGreaterThan(20);
    expect(problems.get('interrupted') ?? 0).toBeGreaterThan(0);
    expect(problems.get('unreadable') ?? 0).toBe(0);
  },
  60_000,
);
