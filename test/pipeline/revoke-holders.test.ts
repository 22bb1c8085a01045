import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Consequences, DEFAULT_CONSEQUENCES } from '../../src/domain/effects.ts';
import { applyPolicy } from '../../src/pipeline/policies/apply-policy.ts';
import { resolvePolicy } from '../../src/policy/index.ts';
import { policyDigest, policyTools } from '../../src/runtime/policy-tools.ts';
import {
  column,
  type Rig,
  seedOrganization,
  startRig,
  type Worker,
  type WorkerOptions,
} from '../support/rig.ts';

// Who is signed out when many lose at once: by a role, a policy, or a feature of their organization.

const SIGN_OUT: Consequences = {
  ...DEFAULT_CONSEQUENCES,
  role: 'revoke',
  policy: 'revoke',
  feature: 'revoke',
};
const READ = 'org:posts:read';
const WRITE = 'org:posts:write';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

/** A worker that signs out, and an organization where the first two are editors and the third is a reader. */
async function editors(wanted: WorkerOptions = {}) {
  const worker = rig.worker({ consequences: SIGN_OUT, ...wanted });
  rig.clerk.defineRole('org:editor', 'Editor', [READ, WRITE]);
  rig.clerk.defineRole('org:reader', 'Reader', [READ]);
  const organization = await seedOrganization(rig, worker, ['user_a', 'user_b'], 'org:editor');
  await join(worker, organization, 'user_c', 'org:reader');
  return { worker, organization };
}

async function join(worker: Worker, organization: string, user: string, role: string): Promise<void> {
  rig.clerk.createUser({ id: user });
  rig.clerk.addMember(organization, user, role);
  await worker.process(await rig.news());
  await worker.dispatch();
}

async function told(worker: Worker, change: () => unknown): Promise<void> {
  change();
  await worker.process(await rig.news());
}

const live = (user: string) =>
  [...rig.clerk.state.sessions.values()]
    .filter(({ userId, status }) => userId === user && status === 'active')
    .map(({ id }) => id);
const owed = async () =>
  (
    await rig.sql`
      select kind, status, user_id, loss->>'cause' as cause, delivery_id is not null as told, lane
        from rolecall.effects where kind like 'revoke%' order by id`
  ).map((row) => ({ ...row }));
const signedOut = async () =>
  column(
    await rig.sql`select user_id from rolecall.effects where kind = 'revoke_sessions' order by user_id`,
    'user_id',
  );

async function activate(definition: unknown, consequences = SIGN_OUT): Promise<void> {
  const tools = policyTools(rig.url, { mode: 'enforce', consequences });
  try {
    const policy = resolvePolicy(definition);
    const proposal = { policy, digest: policyDigest(policy), by: 'ann', reason: 'test' };
    expect((await applyPolicy(tools, proposal)).result).toBe('applied');
  } finally {
    await tools.end();
  }
}

test('unless it was chosen, what a role, a policy or a feature takes away signs nobody out', async () => {
  const { worker, organization } = await editors({ consequences: DEFAULT_CONSEQUENCES });
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  rig.clerk.updateOrganizationMetadata(organization, { features: ['beta'] });
  await activate(helpdesk(['read', 'write']), DEFAULT_CONSEQUENCES);
  await told(worker, () => rig.clerk.updateOrganizationMetadata(organization, { features: [] }));
  await activate(helpdesk([]), DEFAULT_CONSEQUENCES);
  expect(await owed()).toEqual([]);
});

test('a role that loses something signs out who held it, and lets younger sessions be', async () => {
  const { clerk } = rig;
  const { worker } = await editors();
  for (const user of ['user_a', 'user_b', 'user_c']) clerk.createSession(user);
  await told(worker, () => clerk.changeRolePermissions('org:editor', [READ]));
  expect(await owed()).toEqual([
    { kind: 'revoke_holders', status: 'owed', user_id: '', cause: 'role', told: true, lane: 3 },
  ]);
  const younger = clerk.createSession('user_a');
  await worker.dispatch();
  expect([live('user_a'), live('user_b')]).toEqual([[younger.id], []]);
  expect(live('user_c')).toHaveLength(1);
  expect(await owed()).toMatchObject([
    { kind: 'revoke_holders', status: 'done' },
    { kind: 'revoke_sessions', status: 'done', user_id: 'user_a', told: true, lane: 3 },
    { kind: 'revoke_sessions', status: 'done', user_id: 'user_b', told: true, lane: 3 },
  ]);
});

test('a role that only gains, or has back what it lost when that is carried out, signs nobody out', async () => {
  const { worker } = await editors();
  await told(worker, () => rig.clerk.changeRolePermissions('org:reader', [READ, WRITE]));
  expect(await owed()).toEqual([]);
  await told(worker, () => rig.clerk.changeRolePermissions('org:reader', [READ]));
  await told(worker, () => rig.clerk.changeRolePermissions('org:reader', [READ, WRITE]));
  await worker.dispatch();
  expect(await owed()).toMatchObject([{ kind: 'revoke_holders', status: 'done' }]);
});

test('two losses of one role that wait each sign out whoever lost by them', async () => {
  const { worker } = await editors();
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [WRITE]));
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [WRITE, 'org:posts:pin']));
  expect(await owed()).toHaveLength(2);
  await worker.dispatch();
  expect(await signedOut()).toEqual(expect.arrayContaining(['user_a', 'user_b']));
});

test('one message that takes from several roles owes one effect', async () => {
  const { worker } = await editors();
  const permission = [...rig.clerk.state.permissions.values()].find(({ key }) => key === READ);
  await told(worker, () => rig.clerk.deletePermission(permission?.id ?? ''));
  const [effect, ...others] = (
    (await worker.statements.call('list_effects', { limit: 10 })) as {
      effects: { kind: string; cause: string; roles: string[] }[];
    }
  ).effects.filter(({ kind }) => kind === 'revoke_holders');
  expect(others).toEqual([]);
  expect(effect).toMatchObject({ cause: 'role', roles: ['org:editor', 'org:reader'] });
  await worker.dispatch();
  expect(await signedOut()).toEqual(['user_a', 'user_b', 'user_c']);
});

test('who is banned, has left, joined later or took the role later is not looked for at Clerk', async () => {
  const { clerk } = rig;
  const { worker, organization } = await editors();
  await join(worker, organization, 'user_d', 'org:editor');
  await told(worker, () => clerk.banUser('user_d'));
  await worker.dispatch();
  await rig.sql`delete from rolecall.effects`;
  await told(worker, () => clerk.changeRolePermissions('org:editor', [READ]));
  clerk.createUser({ id: 'user_e' });
  await told(worker, () => clerk.addMember(organization, 'user_e', 'org:editor'));
  await told(worker, () => clerk.changeRole(organization, 'user_c', 'org:editor'));
  await told(worker, () => clerk.removeMember(organization, 'user_b'));
  await rig.sql`delete from rolecall.effects where user_id = 'user_b'`;
  await worker.dispatch();
  expect(await signedOut()).toEqual(['user_a']);
});

test('somebody who was only touched after the change is signed out all the same', async () => {
  const { worker, organization } = await editors();
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  await told(worker, () => rig.clerk.updateMembershipMetadata(organization, 'user_a', { note: 'touched' }));
  await worker.dispatch();
  expect(await signedOut()).toEqual(['user_a', 'user_b']);
});

const helpdesk = (editor: readonly string[], more: object = {}) => ({
  name: 'helpdesk',
  permissions: { read: 'See', write: 'Write', export: 'Export' },
  features: { beta: 'What is new' },
  roles: {
    'org:editor': {
      title: 'Editor',
      description: 'Writes.',
      can: [...editor, { permission: 'export', feature: 'beta' }],
    },
    'org:owner': { title: 'Owner', description: 'Nobody here.', can: ['write'], givenToCreator: true },
    'org:reader': { title: 'Reader', description: 'Reads.', can: ['read'] },
  },
  ...more,
});

test('another policy signs out whoever has less by it, be it that they are not among the first any more', async () => {
  const { worker, organization } = await editors();
  await activate(
    helpdesk(['read', 'write'], { constraints: [{ firstMembersBecome: 'org:editor', count: 3 }] }),
  );
  await join(worker, organization, 'user_d', 'org:reader');
  await worker.dispatch();
  await rig.sql`delete from rolecall.effects`;
  await activate(helpdesk(['read', 'write']));
  await worker.dispatch();
  expect(await signedOut()).toEqual(['user_c']);
  await activate(helpdesk(['read']));
  await worker.dispatch();
  expect(await signedOut()).toEqual(['user_a', 'user_b', 'user_c']);
});

test('a feature that goes off signs out whoever had something by it, in that organization', async () => {
  const { clerk } = rig;
  const { worker, organization } = await editors();
  const other = await seedOrganization(rig, worker, ['user_x'], 'org:editor');
  await activate(helpdesk(['read']));
  for (const id of [organization, other])
    await told(worker, () => clerk.updateOrganizationMetadata(id, { features: ['beta'] }));
  await rig.sql`delete from rolecall.effects`;
  await told(worker, () => clerk.updateOrganizationMetadata(organization, { features: [] }));
  await worker.dispatch();
  expect(await signedOut()).toEqual(['user_a', 'user_b']);
  expect(await owed()).toMatchObject([{ kind: 'revoke_holders', cause: 'feature' }, {}, {}]);
});

test('observing, it is noted and carried out neither then nor later', async () => {
  const { worker } = await editors();
  const observing = rig.worker({ consequences: SIGN_OUT, mode: 'observe' });
  await told(observing, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  await observing.dispatch();
  await worker.dispatch();
  expect(await owed()).toMatchObject([{ kind: 'revoke_holders', status: 'observed' }]);
});

test('nobody is looked for while an operator has paused revocations, nor by whoever observes', async () => {
  const { worker } = await editors();
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  await rig.worker({ consequences: SIGN_OUT, mode: 'observe' }).dispatch();
  await rig.sql`update rolecall.operations set effects_paused_at = now()`;
  await worker.dispatch();
  expect(await owed()).toMatchObject([{ kind: 'revoke_holders', status: 'owed' }]);
  await rig.sql`update rolecall.operations set effects_paused_at = null`;
  await worker.dispatch();
  expect(await signedOut()).toEqual(['user_a', 'user_b']);
});

/** So many more editors, of whom only the database knows. */
async function crowd(organization: string, many: number): Promise<void> {
  await rig.sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, effective_at)
    select 'orgmem_many_' || n, ${organization}, 'user_many_' || n, 1, 'org:editor', 1 from generate_series(1, ${many}) as n`;
  await rig.sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select ${organization}, 'user_many_' || n, 'orgmem_many_' || n, 1, 1 from generate_series(1, ${many}) as n`;
}

/** Clerk, as if nobody had a session, and whose it was asked for. */
function emptyClerk() {
  const asked: string[] = [];
  const provider: NonNullable<WorkerOptions['provider']> = (real) => ({
    ...real,
    sessions(user) {
      asked.push(user);
      return Promise.resolve({ answer: { sessions: [], more: false } });
    },
  });
  return { asked, provider };
}

test('five thousand holders are one row in the commit, and a page at a time afterwards, also across a crash', async () => {
  const { worker, organization } = await editors();
  await crowd(organization, 5_000);
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  expect(await owed()).toHaveLength(1);

  // Enough for finding them, which calls nobody, and for no revocation.
  const budget = { callsPerSecond: 0.001, burst: 1 };
  let pages = 0;
  const crashing = rig.worker({
    consequences: SIGN_OUT,
    budget,
    store: (real) => ({
      ...real,
      async oweRevocations(leased, reached, users) {
        pages += 1;
        if (pages === 3) throw new Error('the process is gone');
        const owes = await real.oweRevocations(leased, reached, users);
        if (pages === 5) throw new Error('the process is gone');
        return owes;
      },
    }),
  });
  const lost = () =>
    rig.sql`update rolecall.effects set leased_until = now() - interval '1 second' where status = 'owed'`;
  await expect(crashing.dispatch()).rejects.toThrow('gone');
  await lost();
  await expect(crashing.dispatch()).rejects.toThrow('gone');
  await lost();
  await rig.worker({ consequences: SIGN_OUT, budget }).dispatch();

  const [counted] = await rig.sql`
    select count(*)::int as rows, count(distinct user_id)::int as users, max(generation) as generation,
           count(distinct cutoff)::int as cutoffs, min(lane) as lane
      from rolecall.effects where kind = 'revoke_sessions'`;
  // Each once: of what a page owed nothing is owed again by whoever took over.
  expect({ ...counted }).toEqual({ rows: 5_002, users: 5_002, generation: 1, cutoffs: 1, lane: 3 });
});

test('an attempt that has taken its second gives way, and goes on before those whom it has found', async () => {
  const { worker, organization } = await editors();
  await crowd(organization, 1_200);
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  let now = Date.now();
  const clock = { now: () => now };
  const slow = rig.worker({
    consequences: SIGN_OUT,
    clock,
    // For no revocation, of which there are more than enough to be looked at first.
    budget: { callsPerSecond: 0.001, burst: 1 },
    store: (real) => ({
      ...real,
      readHolders(page) {
        now += 5_000;
        return real.readHolders(page);
      },
    }),
  });
  await slow.dispatch();
  expect(await owed()).toHaveLength(1_203);
  const [found] =
    await rig.sql`select status, attempts, tries from rolecall.effects where kind = 'revoke_holders'`;
  expect(found).toMatchObject({
    status: 'done',
    attempts: 1,
    tries: [{ result: 'paused', error: 'more_members' }, {}, {}],
  });
});

test('who has lost the lease owes nothing, and moves no cursor', async () => {
  const { worker, organization } = await editors();
  await crowd(organization, 10);
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  const slow = rig.worker({
    consequences: SIGN_OUT,
    store: (real) => ({
      ...real,
      async oweRevocations(leased, reached, users) {
        await rig.sql`update rolecall.effects set lease_token = gen_random_uuid() where kind = 'revoke_holders'`;
        return real.oweRevocations(leased, reached, users);
      },
    }),
  });
  await slow.dispatch();
  expect(await owed()).toHaveLength(1);
  expect(
    column(await rig.sql`select reached from rolecall.effects where kind = 'revoke_holders'`, 'reached'),
  ).toEqual([null]);
});

test('a removal passes all of them by', async () => {
  const { worker, organization } = await editors();
  await crowd(organization, 600);
  await told(worker, () => rig.clerk.changeRolePermissions('org:editor', [READ]));
  const { asked, provider } = emptyClerk();
  let removed = false;
  const single = rig.worker({
    consequences: SIGN_OUT,
    concurrency: 1,
    provider: (real) => {
      const wrapped = provider(real);
      return {
        ...wrapped,
        async sessions(user, offset) {
          const page = await wrapped.sessions(user, offset);
          if (!removed) {
            removed = true;
            await told(worker, () => rig.clerk.removeMember(organization, 'user_c'));
          }
          return page;
        },
      };
    },
  });
  await single.dispatch();
  expect(asked[1]).toBe('user_c');
  expect(new Set(asked).size).toBe(603);
});
