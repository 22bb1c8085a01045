import { afterAll, beforeAll, expect, test } from 'vitest';
import { teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({ paused: false });
});
afterAll(() => rolecall.stop());

test('a delivery is followed by its id from its receipt to the last effect', async () => {
  const { clerk } = rolecall;
  const tell = teller(rolecall);
  clerk.createOrganization({ id: 'org_1' });
  clerk.createUser({ id: 'user_1' });
  clerk.addMember('org_1', 'user_1', 'org:member');
  const session = clerk.createSession('user_1');
  await tell();
  await tell(() => clerk.removeMember('org_1', 'user_1'));
  const removal = clerk.outbox.findLast(({ body }) => body.includes('organizationMembership.deleted'));
  const lines = () =>
    rolecall.log
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ delivery }) => delivery === removal?.id);
  await expect.poll(() => lines().at(-1)?.['event']).toBe('effect_settled');
  const effect = lines().at(-1)?.['effect'];
  expect(effect).toEqual(expect.any(Number));
  expect(lines()).toMatchObject([
    { level: 'info', event: 'delivery', outcome: 'applied', type: 'organizationMembership.deleted' },
    { event: 'session_revoked', effect, kind: 'revoke_sessions', session: session.id },
    { event: 'effect_settled', effect, kind: 'revoke_sessions', settled: 'done' },
  ]);
});

test('so is one that asks Clerk, when Clerk fails and when it answers', async () => {
  const { clerk } = rolecall;
  clerk.failApi({ kind: 'status', status: 500, times: 1 });
  const { id } = await rolecall.post(
    JSON.stringify({
      ...{ object: 'event', type: 'organizationMembership.updated', timestamp: Date.now() },
      instance_id: clerk.instanceId,
      data: { organization: { id: 'org_1' }, public_user_data: { user_id: 'user_1' } },
    }),
  );
  const about = (event: string) => rolecall.logged(event).filter(({ delivery }) => delivery === id);
  await expect.poll(() => about('effect_settled').map(({ settled }) => settled)).toEqual(['retry', 'done']);
  expect(about('looked_up')).toHaveLength(1);
  expect(about('delivery')).toMatchObject([{ outcome: 'failed', level: 'info' }]);
  expect(about('provider_failed')).toMatchObject([
    { kind: 'lookup_member', failure: 'server_error', level: 'warn' },
  ]);
});
