import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkInstance, unknownInstance } from '../../src/pipeline/instance-check.ts';
import { StoreUnavailable } from '../../src/pipeline/ports.ts';
import { shareCommits } from '../../src/pipeline/share-commits.ts';
import { outcomes, type Rig, seedOrganization, startRig } from '../support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const pinned = async (): Promise<unknown> =>
  (await rig.sql`select provider_instance from rolecall.instance`)[0]?.['provider_instance'];

test('a key alone pins nothing: whoever starts with the wrong one does not shut out the right instance', async () => {
  const worker = rig.worker({
    provider: (real) => ({ ...real, instance: () => Promise.resolve({ answer: 'ins_staging' }) }),
  });
  expect(await checkInstance(worker.dispatcher, unknownInstance())).toBe('unpinned');
  await worker.dispatch();
  expect(await pinned()).toBeNull();
  rig.clerk.createUser();
  expect(outcomes(await worker.process(await rig.news()))).toEqual(['applied']);
  expect(await pinned()).toBe(rig.clerk.instanceId);
  expect(await checkInstance(worker.dispatcher, unknownInstance())).toBe('wrong_instance_key');
});

test('where no delivery names its instance, the key’s is taken once something is owed', async () => {
  const worker = rig.worker();
  const { clerk } = rig;
  clerk.createUser({ id: 'user_a' });
  clerk.createOrganization({ id: 'org_a' });
  clerk.addMember('org_a', 'user_a', 'org:admin');
  await worker.process((await rig.news()).map((delivery) => ({ ...delivery, instanceId: null })));
  expect(await pinned()).toBeNull();
  await worker.dispatch();
  expect(await pinned()).toBe(clerk.instanceId);
});

test('who is suspended is refused with any token, also one that was issued afterwards', async () => {
  const worker = rig.worker();
  const organization = await seedOrganization(rig, worker, ['user_a']);
  const current = async () => {
    const issuedAt = new Date(rig.clerk.now() + 5_000);
    const [row] = await rig.sql`
      select rolecall.token_is_current('user_a', ${organization}, 'sess_a', ${issuedAt}) as current`;
    return row?.['current'] === true;
  };
  expect(await current()).toBe(true);
  rig.clerk.banUser('user_a');
  await worker.process(await rig.news());
  expect(await current()).toBe(false);
});

test('a membership id that turns up in another organization changes nothing, and is asked about', async () => {
  const worker = rig.worker();
  await seedOrganization(rig, worker, ['user_a']);
  rig.clerk.createOrganization({ id: 'org_other' });
  rig.clerk.addMember('org_other', 'user_a', 'org:admin');
  const told = (await rig.news()).find(({ type }) => type === 'organizationMembership.created');
  const [known] = [...rig.clerk.state.memberships.values()];
  const evidence = told?.content.kind === 'evidence' ? told.content.evidence[0] : undefined;
  if (told === undefined || known === undefined || evidence?.kind !== 'membership')
    throw new Error('an event');
  const [mine] = await worker.store
    .read({
      deliveries: [],
      memberships: [known.id],
      pairs: [],
      users: [],
      organizations: [],
      sessions: [],
      invitations: [],
      roleKeys: [],
      catalog: false,
    })
    .then((reading) => [...reading.facts.memberships.values()]);
  if (mine === undefined) throw new Error('a membership');
  const mixed = { ...told, content: { kind: 'evidence' as const, evidence: [{ ...evidence, id: mine.id }] } };
  expect(outcomes(await worker.process([mixed]))).toEqual(['failed']);
  const owed = await rig.sql`select organization_id from rolecall.effects where kind = 'lookup_member'`;
  expect([...owed]).toEqual([{ organization_id: 'org_other' }]);
});

test('while the database is silent, nobody waits for more than one deadline', async () => {
  let asked = 0;
  const share = shareCommits(() => {
    asked += 1;
    return Promise.reject(new StoreUnavailable('silent'));
  });
  for (let index = 0; index < 600; index += 1) rig.clerk.createUser();
  const answers = await Promise.allSettled((await rig.news()).map((delivery) => share(delivery)));
  expect(answers.every((answer) => answer.status === 'rejected')).toBe(true);
  // The two that were under way together, and none after them.
  expect(asked).toBe(2);
});
