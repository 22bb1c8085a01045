import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase } from '../setup/fresh-database.ts';
import { access, outcomes, providerAccess, type Rig, startRig, type Worker } from '../support/rig.ts';
import { answerLookups } from './support/lookups.ts';
import { reconcilerOf } from './support/reconciliations.ts';

// What docs/security.md and the runbook say of whoever has the signing secret: what a comparison with Clerk takes back,
// and what only another database is rid of.

const MINUTE = 60_000;

let rig: Rig;
let worker: Worker;
let now: number;

beforeEach(async () => {
  now = Date.now() - 60 * MINUTE;
  rig = await startRig({ now: () => now });
  worker = rig.worker({ clock: { now: () => now } });
  const { clerk } = rig;
  for (const id of ['user_ann', 'user_bob', 'user_eve']) clerk.createUser({ id });
  clerk.createOrganization({ id: 'org_1' });
  clerk.addMember('org_1', 'user_ann', 'org:admin');
  clerk.addMember('org_1', 'user_bob', 'org:member');
  await worker.process(await rig.news());
  await answerLookups(rig, worker);
  now += 5 * MINUTE;
});
afterEach(() => rig.stop());

/** An event that Clerk has sent about somebody, told anew: signed, as of now, and with other words. */
async function forge(
  user: string,
  forged: (data: Record<string, unknown>) => object,
  type = 'organizationMembership.updated',
) {
  const event = rig.clerk.outbox.find(
    ({ body }) => body.includes('organizationMembership.created') && body.includes(`"${user}"`),
  );
  if (event === undefined) throw new Error('Clerk has told nothing of them');
  const told = JSON.parse(event.body) as { data: Record<string, unknown> };
  const data = { ...told.data, updated_at: now, ...forged(told.data) };
  const body = JSON.stringify({ ...told, type, timestamp: now, data });
  return rig.delivery(event, { id: `msg_forged_${user}`, body });
}

async function compared(by = worker) {
  now += 10 * MINUTE;
  const { reconciliation } = await reconcilerOf(by).reconcile();
  expect(reconciliation.status).toBe('done');
  await rig.hurry();
  await answerLookups(rig, by);
  return reconciliation.drift;
}
const ours = () => access(rig.sql);
const theirs = () => providerAccess(rig.clerk);

test('a stranger who was made a member is in, until the next comparison', async () => {
  const delivery = await forge(
    'user_bob',
    ({ public_user_data }) => ({
      id: 'orgmem_forged',
      role: 'org:admin',
      created_at: now,
      public_user_data: { ...(public_user_data as object), user_id: 'user_eve' },
    }),
    'organizationMembership.created',
  );
  expect(outcomes(await worker.process([delivery]))).toEqual(['applied']);
  expect((await ours()).join()).toContain('org_1 user_eve org:admin');
  expect(await compared()).toMatchObject({ extra: 1 });
  expect(await ours()).toEqual(theirs());
});

test('a role that was raised, and a membership that was ended, stay so: only another database is rid of them', async () => {
  const raised = await forge('user_bob', () => ({ role: 'org:admin' }));
  const ended = await forge('user_ann', () => ({}), 'organizationMembership.deleted');
  expect(outcomes(await worker.process([raised, ended]))).toEqual(['applied', 'applied']);
  // Told, at least: by Clerk's own times it cannot be.
  expect(await compared()).toMatchObject({ contradicted: 2 });
  expect((await ours()).map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'org_1 user_bob org:admin',
  ]);

  const other = await freshDatabase();
  const sql = postgres(other.url, { max: 1, onnotice: () => undefined });
  await compared(rig.worker({ url: other.url, clock: { now: () => now } }));
  expect(await access(sql)).toEqual(theirs());
  await sql.end();
});

test('whatever Clerk lists and was told to have ended, or to be otherwise, is named, once it is older than an answer can be', async () => {
  const { clerk } = rig;
  clerk.defineRole('org:editor', 'Editor', ['org:posts:read']);
  await worker.process(await rig.news());
  now += 5 * MINUTE;
  const event = clerk.outbox.find(({ body }) => body.includes('"org:editor"'));
  if (event === undefined) throw new Error('Clerk has told nothing of the role');
  const envelope = JSON.parse(event.body) as { data: { permissions: object[] } };
  const say = (type: string, data: object) =>
    rig.delivery(event, {
      id: `msg_${type.replace('.', '_')}`,
      body: JSON.stringify({ ...envelope, type, timestamp: now, data }),
    });
  await worker.process([
    await say('role.updated', { ...envelope.data, permissions: [], updated_at: now }),
    await say('user.deleted', { object: 'user', id: 'user_bob', deleted: true }),
    await say('organization.deleted', { object: 'organization', id: 'org_1', deleted: true }),
  ]);
  const told = async () =>
    (await reconcilerOf(worker).reconcile({ dryRun: true })).drift
      .filter(({ kind }) => kind === 'contradicted')
      .map(({ subject, ours, outcome }) => [subject, ours, outcome]);
  now += MINUTE - 1_000;
  expect(await told()).toEqual([]);
  now += MINUTE;
  expect((await told()).toSorted()).toEqual([
    ['org_1', { deleted: true }, 'found'],
    [expect.stringMatching(/^role_/), { permissions: [] }, 'found'],
    ['user_bob', { deleted: true }, 'found'],
  ]);
});
